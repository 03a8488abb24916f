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

	MaxPending int           // submissions an event that are not settled yet
	MaxWait    time.Duration // and that may have to wait for those before them, at the pace of late; 0: MaxPending alone counts
	MaxBatch   int           // submissions a flush
	GiveUp     time.Duration // how long one flush is tried
	Idle       time.Duration // how long an unused event stays in memory

	// Complete makes the command that completes a draw whose round of the beacon
	// is due; an error where the round cannot be had yet. Every node tries, and
	// the first record counts. nil: draws with a beacon are left to other nodes.
	Complete func(ctx context.Context, uid event.UID, draw event.PendingDraw) (*event.Command, error)
}

// damagedFor is how long the verdict on a damaged log is kept.
const damagedFor = 5 * time.Second

// Set is all events that this node holds in memory.
type Set struct {
	cfg Config

	mu      sync.Mutex
	loaded  map[string]*loading
	closed  bool
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
	s.running.Go(s.evict)
	return s
}

// Create appends the create record of a new event. eventlog.ErrExists: the code
// is taken.
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

// Open returns the event's replica, loaded where it was not. Errors:
// eventlog.ErrNotFound, ErrNewer, ErrDamaged, eventlog.ErrCorrupt, or whatever
// kept the log from answering.
func (s *Set) Open(ctx context.Context, code string) (*Replica, error) {
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
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
		s.mu.Unlock()

		select {
		case <-l.done: // as a rule, and asking for ctx.Done would cost garbage
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
			s.drop(code, l)
			select {
			case <-l.r.done: // so that its code can be used again at once
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		case err != nil && !errors.Is(err, eventlog.ErrStopped):
			return nil, err
		}
		if s.use(code, l) {
			return l.r, nil
		}
	}
}

// use marks a loaded event as used; false where it was evicted meanwhile.
func (s *Set) use(code string, l *loading) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[code] != l {
		return false
	}
	l.r.lastUsed.Store(time.Now().UnixMilli())
	return true
}

func (s *Set) drop(code string, l *loading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded[code] == l {
		delete(s.loaded, code)
	}
}

func (s *Set) load(code string, producer event.Producer, l *loading) {
	ctx, cancel := context.WithCancel(s.ctx)
	r := &Replica{
		cfg: &s.cfg, code: code, producer: producer, log: s.cfg.Log, logger: s.cfg.Logger,
		cancel: cancel, done: make(chan struct{}),
		state: event.New(), moved: make(chan struct{}), lapsed: make(chan struct{}, 1), armed: make(chan struct{}, 1),
	}
	r.batcher = eventlog.NewBatcher(eventlog.BatcherConfig[submission]{
		Log: s.cfg.Log, Code: code, Encode: r.encode, Fail: r.fail,
		MaxPending: s.cfg.MaxPending, MaxWait: s.cfg.MaxWait, MaxBatch: s.cfg.MaxBatch, GiveUp: s.cfg.GiveUp,
		Observe: s.cfg.Metrics.Flush, Logger: s.cfg.Logger,
	})
	err := r.load(ctx)
	if errors.Is(err, ErrDeleted) {
		err = s.finishDelete(ctx, code)
	}
	if err != nil {
		l.err = fmt.Errorf("load event %s: %w", code, err)
		if fatal(err) {
			s.cfg.Logger.Error("event cannot be loaded", "event", code, "err", err)
			s.cfg.Metrics.Stopped()
		}
		close(l.done)
		cancel()
		s.forget(code, l, l.err)
		return
	}
	s.cfg.Metrics.Loaded(+1)
	defer s.cfg.Metrics.Loaded(-1)
	l.r = r
	var tail, batch sync.WaitGroup
	tailCtx, stopTail := context.WithCancel(context.WithoutCancel(ctx))
	tail.Go(func() { r.tail(tailCtx) })
	batch.Go(func() { r.batcher.Run(ctx) })
	// A countdown that ran out while nobody looked is closed before anybody is
	// let in.
	overdueCtx, done := context.WithTimeout(ctx, s.cfg.GiveUp)
	r.closeOverdue(overdueCtx)
	done()
	r.lastUsed.Store(time.Now().UnixMilli())
	close(l.done)
	batch.Go(func() { r.watchClock(ctx) })
	if s.cfg.Complete != nil {
		batch.Go(func() { r.watchDraws(ctx) })
	}

	// The end: the Batcher flushes what it has, the tail folds what was flushed,
	// and whatever is unresolved then is failed.
	batch.Wait()
	if head, err := s.finalHead(code); err == nil && r.Err() == nil {
		wait, cancel := context.WithTimeout(context.Background(), s.cfg.GiveUp)
		if err := r.Wait(wait, head); err != nil && !errors.Is(err, ErrDeleted) {
			s.cfg.Logger.Warn("stopped before the log's head was folded", "event", code, "err", err)
		}
		cancel()
	}
	stopTail()
	tail.Wait()
	r.end()
	r.batcher.Stop()
	close(r.done)
	s.forget(code, l, r.Err())
}

// forget lets the next request load the event again; where that would only read
// up to the same damaged record, a crowd's requests share one attempt a while.
func (s *Set) forget(code string, l *loading, why error) {
	if fatal(why) {
		select {
		case <-time.After(damagedFor):
		case <-s.ctx.Done():
		}
	}
	s.drop(code, l)
}

func (s *Set) finalHead(code string) (eventlog.Offset, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.GiveUp)
	defer cancel()
	return s.cfg.Log.Head(ctx, code)
}

// evict ends replicas that nobody has used for a while.
func (s *Set) evict() {
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
			if l.r == nil || l.r.pins.Load() > 0 || l.r.lastUsed.Load() > oldest || l.r.counting() {
				continue
			}
			delete(s.loaded, code)
			l.r.cancel()
		}
		s.mu.Unlock()
	}
}

// counting reports whether a countdown runs or a draw waits for its round: what
// ends it needs this node awake.
func (r *Replica) counting() bool {
	var n int
	r.View(func(s *event.State) { n = len(s.Deadlines()) + len(s.PendingDraws()) })
	return n > 0
}

// Delete appends the delete record, so that every node tells its phones, and
// removes the log. eventlog.ErrNotFound where there is none.
func (s *Set) Delete(ctx context.Context, r *Replica) error {
	// Begun, it is finished, though the caller hangs up.
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

// finishDelete removes a log that ends with its event's deletion: whoever wrote
// that record died before the second step. The error is never nil.
func (s *Set) finishDelete(ctx context.Context, code string) error {
	if err := s.cfg.Log.Delete(ctx, code); err != nil {
		return fmt.Errorf("finish deleting event %s: %w", code, err)
	}
	return fmt.Errorf("event %s: %w", code, eventlog.ErrNotFound)
}

// Close ends all replicas: what was submitted is flushed and settled first.
func (s *Set) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}
