package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/metrics"
)

// Log is what a Set needs of a store: the logs, their clock, and notice of a new
// connection, behind which they may be other ones.
type Log interface {
	eventlog.Log
	eventlog.Clock
	eventlog.Connections
}

// Config says what a Set needs to know.
type Config struct {
	Log     Log
	Logger  *slog.Logger
	Metrics *metrics.Node
	// Producer is random per process start; the n-th load of an event by this
	// process appends under Producer + n.
	Producer event.Producer

	MaxPending int           // submissions of an event that are not settled yet
	MaxWait    time.Duration // that a submission may have to wait for those before it, at the speed measured last; 0: MaxPending alone counts
	MaxBatch   int           // submissions in a flush
	GiveUp     time.Duration // how long one flush is tried
	Idle       time.Duration // how long an unused event stays in memory

	// Complete makes the command that completes a draw whose round of the beacon is due;
	// an error if the round is not available yet. Every node tries, and the first record
	// counts. nil: draws with a beacon are left to other nodes.
	Complete func(ctx context.Context, uid event.UID, draw event.PendingDraw) (*event.Command, error)
}

// damagedFor is how long a damaged log is remembered: in that time it is not read again.
const damagedFor = 5 * time.Second

// Set is all events that this node holds in memory.
type Set struct {
	cfg Config

	mu      sync.Mutex // guards the fields up to loads
	loaded  map[string]*loading
	loads   uint64 // so far
	running sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
}

// loading is a replica, or the wait for it.
type loading struct {
	done chan struct{}
	r    *Replica
	err  error
}

// NewSet returns a Set that runs until Close.
func NewSet(cfg Config) *Set {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Set{cfg: cfg, loaded: map[string]*loading{}, ctx: ctx, cancel: cancel}
	s.running.Go(s.evictIdle)
	return s
}

// Create appends the create record of a new event. eventlog.ErrExists: the code is
// taken.
func (s *Set) Create(ctx context.Context, uid event.UID, c event.Creation) error {
	record := event.AppendCommand(nil, &event.Command{
		// Sequence numbers of a Batcher begin at 1, and this record comes before them.
		Identity: event.Identity{UID: uid, Producer: s.cfg.Producer, Seq: 0},
		Type:     event.CmdCreate,
		Create:   &c,
	})
	if _, err := s.cfg.Log.Create(ctx, c.Code, record); err != nil {
		return fmt.Errorf("create event %s: %w", c.Code, err)
	}
	return nil
}

// Open returns the event's replica, and loads it if needed. Errors:
// eventlog.ErrNotFound, ErrNewer, ErrDamaged, eventlog.ErrCorrupt, or the error for
// which the log did not answer.
func (s *Set) Open(ctx context.Context, code string) (*Replica, error) {
	for {
		l, err := s.loadingOf(code)
		if err != nil {
			return nil, err
		}
		select {
		case <-l.done: // the usual case; asking for ctx.Done would cost garbage
		default:
			select {
			case <-l.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		if l.err != nil {
			return nil, l.err
		}
		switch err := l.r.Err(); {
		case errors.Is(err, ErrDeleted):
			s.dropLoaded(code, l)
			select {
			case <-l.r.done: // so that its code can be used again at once
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		case err != nil && !errors.Is(err, eventlog.ErrStopped):
			return nil, err
		}
		if s.markUsed(code, l) {
			return l.r, nil
		}
	}
}

// loadingOf returns the event as it is loaded, and begins to load it if needed.
func (s *Set) loadingOf(code string) (*loading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, eventlog.ErrStopped
	}
	l := s.loaded[code]
	if l == nil {
		l = &loading{done: make(chan struct{})}
		s.loaded[code] = l
		s.loads++
		producer := s.cfg.Producer + event.Producer(s.loads)
		s.running.Go(func() { s.load(code, producer, l) })
	}
	return l, nil
}

// markUsed notes that a loaded event is in use; false if it was evicted.
func (s *Set) markUsed(code string, l *loading) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[code] != l {
		return false
	}
	l.r.lastUsed.Store(time.Now().UnixMilli())
	return true
}

func (s *Set) dropLoaded(code string, l *loading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[code] == l {
		delete(s.loaded, code)
	}
}

func (s *Set) newReplica(code string, producer event.Producer, cancel context.CancelFunc) *Replica {
	r := &Replica{
		cfg: &s.cfg, code: code, producer: producer, cancel: cancel, done: make(chan struct{}),
		state: event.New(), cursorMoved: make(chan struct{}),
		deadlinesChanged: make(chan struct{}, 1), drawsChanged: make(chan struct{}, 1), roundRetry: minRoundRetry,
		heads: headReads{wake: make(chan struct{}, 1), over: make(chan struct{})},
	}
	r.batcher = eventlog.NewBatcher(eventlog.BatcherConfig[submission]{
		Log: s.cfg.Log, Code: code, Encode: r.encodeRecord, Fail: r.failSubmissions,
		MaxPending: s.cfg.MaxPending, MaxWait: s.cfg.MaxWait, MaxBatch: s.cfg.MaxBatch, GiveUp: s.cfg.GiveUp,
		Observe: s.cfg.Metrics.Flush, Logger: s.cfg.Logger,
	})
	return r
}

// load loads an event, runs it and returns when it has ended.
func (s *Set) load(code string, producer event.Producer, l *loading) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	r := s.newReplica(code, producer, cancel)
	err := r.loadToHead(ctx)
	if errors.Is(err, ErrDeleted) {
		// The node that wrote the delete record died before it removed the log.
		if err = s.cfg.Log.Delete(ctx, code); err == nil {
			err = eventlog.ErrNotFound
		}
	}
	if err != nil {
		l.err = fmt.Errorf("load event %s: %w", code, err)
		if isFatal(err) {
			s.cfg.Logger.Error("event cannot be loaded", "event", code, "err", err)
			s.cfg.Metrics.Stopped()
		}
		close(l.done)
		s.forget(code, l, l.err)
		return
	}
	s.cfg.Metrics.Loaded(+1)
	defer s.cfg.Metrics.Loaded(-1)
	l.r = r
	s.run(ctx, r, func() { close(l.done) })
	s.forget(code, l, r.Err())
}

// run runs a loaded event until ctx ends, and returns when all its goroutines have
// ended. It calls ready when the event may be used.
func (s *Set) run(ctx context.Context, r *Replica, ready func()) {
	var tail, others sync.WaitGroup
	tailCtx, stopTail := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTail()
	tail.Go(func() { r.tail(tailCtx) })
	others.Go(func() { r.batcher.Run(ctx) })
	others.Go(func() { r.readHeads(ctx) })
	// A countdown that ran out while no node had the event loaded is closed first.
	overdueCtx, done := context.WithTimeout(ctx, s.cfg.GiveUp)
	r.closeOverdue(overdueCtx)
	done()
	r.lastUsed.Store(time.Now().UnixMilli())
	ready()
	others.Go(func() { watchTimers(ctx, r.deadlinesChanged, r.closeOverdue) })
	if s.cfg.Complete != nil {
		others.Go(func() { watchTimers(ctx, r.drawsChanged, r.completeDue) })
	}

	// The end: the Batcher flushes what it has, the tail folds what was flushed, and the
	// rest is failed.
	others.Wait()
	endCtx, cancel := context.WithTimeout(context.Background(), 2*s.cfg.GiveUp)
	defer cancel()
	if head, err := s.cfg.Log.Head(endCtx, r.code); err == nil && r.Err() == nil {
		if err := r.Wait(endCtx, head); err != nil && !errors.Is(err, ErrDeleted) {
			s.cfg.Logger.Warn("stopped before the log's head was folded", "event", r.code, "err", err)
		}
	}
	stopTail()
	tail.Wait()
	r.work.Wait()
	r.endFold(eventlog.ErrStopped)
	r.batcher.Stop()
	close(r.done)
}

// forget lets the next request load the event again. If that would only read up to the
// same damaged record, it waits first, so that the requests of a crowd share one attempt.
func (s *Set) forget(code string, l *loading, why error) {
	if isFatal(why) {
		select {
		case <-time.After(damagedFor):
		case <-s.ctx.Done():
		}
	}
	s.dropLoaded(code, l)
}

// evictIdle ends replicas that were not used for a while.
func (s *Set) evictIdle() {
	tick := time.NewTicker(max(s.cfg.Idle/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return
		}
		oldest := time.Now().Add(-s.cfg.Idle).UnixMilli()
		s.mu.Lock()
		for code, l := range s.loaded {
			select {
			case <-l.done:
			default:
				continue
			}
			if l.r == nil || l.r.pins.Load() > 0 || l.r.lastUsed.Load() > oldest || l.r.hasTimers() {
				continue
			}
			delete(s.loaded, code)
			l.r.cancel()
		}
		s.mu.Unlock()
	}
}

// hasTimers reports whether a countdown runs or a draw waits for its round: this node
// must stay awake to end it.
func (r *Replica) hasTimers() bool {
	var n int
	r.View(func(s *event.State) { n = len(s.Deadlines()) + len(s.PendingDraws()) })
	return n > 0
}

// Delete appends the delete record, so that every node tells its phones, and removes
// the log. eventlog.ErrNotFound if there is none.
func (s *Set) Delete(ctx context.Context, r *Replica) error {
	// Once begun, it is finished even if the caller hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*s.cfg.GiveUp)
	defer cancel()
	if _, err := r.Propose(ctx, &event.Command{Type: event.CmdDelete}); err != nil {
		return fmt.Errorf("delete event %s: %w", r.code, err)
	}
	if err := s.cfg.Log.Delete(ctx, r.code); err != nil && !errors.Is(err, eventlog.ErrNotFound) {
		return fmt.Errorf("delete event %s: %w", r.code, err)
	}
	return nil
}

// Close ends all replicas, after their submissions were flushed and settled.
func (s *Set) Close() {
	s.mu.Lock() // an event that is about to be loaded is waited for
	s.cancel()
	s.mu.Unlock()
	s.running.Wait()
}
