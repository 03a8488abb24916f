package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// Errors that a Replica's methods wrap, beside those of eventlog.
var (
	// ErrDamaged: the event stopped, because a record cannot be folded.
	ErrDamaged = errors.New("this event's log is damaged; the event is stopped")
	// ErrNewer: a newer version wrote to this log; this node cannot follow.
	ErrNewer = errors.New("this event was used by a newer version of Drumroll")
	// ErrDeleted: the event was deleted.
	ErrDeleted = errors.New("the event was deleted")
)

// Waiter is told, once, what became of what it submitted. Settle is called on
// the fold's goroutine and must not block.
type Waiter interface {
	Settle(Settled)
}

// Settled is what became of an item or a command. Where Err is set (an error of
// eventlog's Batcher, ErrDeleted, …) nothing else is.
type Settled struct {
	Outcome event.Outcome // of an item
	At      event.Position

	// Of a command:
	Refusal  *event.Refusal
	Activity *event.Activity
	ID       int

	Err error
}

// Change tells a watcher what a read of the log brought.
type Change struct {
	Structure bool                // something other than counts and people
	Who       []event.Participant // whose entries counted or changed; valid during the call
}

// submission is what goes through the Batcher: an item, or a command.
type submission struct {
	item    event.Item
	command *event.Command
	waiter  Waiter
}

// Replica is this node's fold of one event.
type Replica struct {
	cfg     *Config
	code    string
	log     eventlog.Log
	logger  *slog.Logger
	batcher *eventlog.Batcher[submission]
	cancel  context.CancelFunc
	done    chan struct{} // closed when all goroutines have ended

	pins     atomic.Int64
	lastUsed atomic.Int64 // Unix ms

	mu     sync.RWMutex
	state  *event.State
	epoch  uint64        // rises when the state was dropped and folded anew
	moved  chan struct{} // closed and replaced when the cursor moves or err is set
	err    error         // why the event stopped
	clock  logClock
	cursor eventlog.Offset

	last   []byte // the record at the cursor, for checking that the log still holds it; tail's own
	lapsed chan struct{}

	heads headReads

	watchers atomic.Pointer[func(Change)]
}

// logClock maps this process's monotonic time to the log's clock.
type logClock struct {
	at  time.Time // carries the monotonic reading
	log time.Time
}

func (c logClock) now() time.Time { return c.log.Add(time.Since(c.at)) }

// Code is the event's code.
func (r *Replica) Code() string { return r.code }

// Watch sets the one function that is told of changes, on the fold's goroutine;
// it must not block.
func (r *Replica) Watch(f func(Change)) { r.watchers.Store(&f) }

// Pin keeps the replica from being evicted until Unpin.
func (r *Replica) Pin() { r.pins.Add(1) }

// Unpin undoes one Pin.
func (r *Replica) Unpin() {
	r.lastUsed.Store(time.Now().UnixMilli())
	r.pins.Add(-1)
}

// View runs f with the state, which must be neither kept nor changed.
func (r *Replica) View(f func(*event.State)) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	f(r.state)
}

// Err is why the event stopped (ErrDamaged, ErrNewer, ErrDeleted, …), or nil.
func (r *Replica) Err() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.err
}

// Snapshot pictures the present state; epoch rises when the log was rewound.
func (r *Replica) Snapshot() (snap event.Snapshot, epoch uint64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.Snapshot(), r.epoch
}

// Now is the log's present time, as this node knows it.
func (r *Replica) Now() time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.clock.now()
}

// Submit puts an item into the next batch. The waiter is settled later, unless
// an error is returned (eventlog.ErrOverloaded, eventlog.ErrStopped).
func (r *Replica) Submit(item event.Item, w Waiter) error {
	return r.batcher.Add(submission{item: item, waiter: w})
}

// Propose appends a command and waits for the fold's verdict. The identity is
// filled in here. Errors: *event.Refusal (with the Settled's Activity as it
// truly is), those of the Batcher, or the context's.
func (r *Replica) Propose(ctx context.Context, c *event.Command) (Settled, error) {
	w := make(settledChan, 1)
	if err := r.batcher.Add(submission{command: c, waiter: w}); err != nil {
		return Settled{}, err
	}
	select {
	case s := <-w:
		if s.Err == nil && s.Refusal != nil {
			return s, s.Refusal
		}
		return s, s.Err
	case <-ctx.Done():
		return Settled{}, ctx.Err()
	}
}

type settledChan chan Settled

func (c settledChan) Settle(s Settled) { c <- s }

// encode packs one record: a command alone, or all items up to the next command.
func (r *Replica) encode(seq uint64, subs []submission) (record []byte, n int) {
	// Reading uid without the lock: it is set before the Batcher runs and, for one
	// code, changes only when the event was deleted and made again, which stops
	// this replica.
	id := event.Identity{UID: r.uid(), Producer: r.cfg.Producer, Seq: seq}
	if c := subs[0].command; c != nil {
		c.Identity = id
		return event.AppendCommand(nil, c), 1
	}
	record = event.AppendBatchHeader(make([]byte, 0, 64+24*len(subs)), id)
	for n < len(subs) && subs[n].command == nil {
		record = event.AppendItem(record, &subs[n].item)
		n++
	}
	return event.SealBatch(record, 0), n
}

func (r *Replica) uid() event.UID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.UID()
}

// fail settles submissions that the fold will not meet.
func (r *Replica) fail(subs []submission, err error) {
	for i := range subs {
		if subs[i].waiter != nil {
			subs[i].waiter.Settle(Settled{Err: err})
		}
	}
}

// Wait returns when this node has folded up to at. Errors: why the event
// stopped, or the context's.
func (r *Replica) Wait(ctx context.Context, at eventlog.Offset) error {
	for {
		r.mu.RLock()
		moved, err, cursor := r.moved, r.err, r.cursor
		r.mu.RUnlock()
		switch {
		case err != nil:
			return err
		case cursor.Compare(at) >= 0:
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// load folds the log to its head as of the call.
func (r *Replica) load(ctx context.Context) error {
	if err := r.readClock(ctx); err != nil {
		return err
	}
	head, err := r.log.Head(ctx, r.code)
	if err != nil {
		return err
	}
	return r.refold(ctx, head)
}

// refold folds the log from its first record up to head into a new state and
// makes that the present one.
func (r *Replica) refold(ctx context.Context, head eventlog.Offset) error {
	state := event.New()
	var cursor eventlog.Offset
	var last []byte
	var res event.Result
	for cursor.Compare(head) < 0 {
		records, err := r.log.Read(ctx, r.code, cursor, readMax, 0)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return fmt.Errorf("read %s after %v: %w", r.code, cursor, eventlog.ErrNotFound)
		}
		for i := range records {
			if err := apply(state, &records[i], &res); err != nil {
				return err
			}
			r.cfg.Metrics.Folded(len(res.Outcomes), false)
		}
		cursor, last = records[len(records)-1].Offset, records[len(records)-1].Data
	}
	if !state.Created() {
		return fmt.Errorf("%w: %s has no create record", ErrDamaged, r.code)
	}
	if state.Deleted() {
		return fmt.Errorf("load %s: %w", r.code, eventlog.ErrNotFound)
	}
	r.mu.Lock()
	r.state, r.cursor, r.last = state, cursor, last
	r.epoch++
	r.advance()
	work := state.TakeFreezes()
	r.mu.Unlock()
	r.freeze(work)
	return nil
}

// apply folds one record, and turns a panic of the fold into ErrDamaged.
func apply(state *event.State, rec *eventlog.Record, res *event.Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: fold panicked at %v: %v\n%s", ErrDamaged, rec.Offset, p, debug.Stack())
		}
	}()
	switch err := state.Apply(event.Position(rec.Offset), rec.Data, res); {
	case errors.Is(err, event.ErrNewer):
		return fmt.Errorf("%w (at %v: %v)", ErrNewer, rec.Offset, err)
	case err != nil:
		return fmt.Errorf("%w (at %v: %v)", ErrDamaged, rec.Offset, err)
	}
	return nil
}

// advance wakes those that wait for the cursor; the lock is held.
func (r *Replica) advance() {
	close(r.moved)
	r.moved = make(chan struct{})
}

// stop notes why the event stopped and wakes everybody who waits.
func (r *Replica) stop(err error) {
	r.mu.Lock()
	if r.err == nil {
		r.err = err
	}
	r.advance()
	r.mu.Unlock()
	r.notify(Change{Structure: true})
	r.cancel()
}

func (r *Replica) notify(c Change) {
	if f := r.watchers.Load(); f != nil {
		(*f)(c)
	}
}

// freeze computes entrant lists beside the fold and publishes them when done.
func (r *Replica) freeze(work []func()) {
	for _, compute := range work {
		// Ends by itself: it computes from data that nothing changes any more.
		go func() {
			compute()
			r.mu.Lock()
			r.state.Touch()
			r.mu.Unlock()
			r.notify(Change{Structure: true})
		}()
	}
}

// readClock measures the log's clock against this process's monotonic one.
func (r *Replica) readClock(ctx context.Context) error {
	before := time.Now()
	now, err := r.log.Clock(ctx)
	if err != nil {
		return err
	}
	took := time.Since(before)
	r.mu.Lock()
	r.clock = logClock{at: before.Add(took / 2), log: now}
	r.mu.Unlock()
	return nil
}

// held reports whether the log still holds the record at the cursor.
func (r *Replica) held(ctx context.Context) (bool, error) {
	r.mu.RLock()
	cursor := r.cursor
	r.mu.RUnlock()
	data, err := r.log.At(ctx, r.code, cursor)
	if err != nil {
		return false, err
	}
	return bytes.Equal(data, r.last), nil
}
