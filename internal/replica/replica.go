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
	// ErrRewound: the log lost records while somebody waited for them. What was
	// waited for may be gone; ask again.
	ErrRewound = errors.New("the log lost its newest records")
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
	cfg  *Config
	code string
	// producer is this load's own: a Batcher numbers its records from 1, and an
	// append of an earlier load of the same event may still be on its way.
	producer event.Producer
	log      Log
	logger   *slog.Logger
	batcher  *eventlog.Batcher[submission]
	cancel   context.CancelFunc
	done     chan struct{} // closed when all goroutines have ended

	pins     atomic.Int64
	lastUsed atomic.Int64 // Unix ms

	mu     sync.RWMutex
	state  *event.State
	epoch  uint64        // rises when the state was dropped and folded anew
	moved  chan struct{} // closed and replaced when the cursor moves or err is set
	err    error         // why the event stopped
	clock  logClock
	cursor eventlog.Offset

	fence  fence             // tail's own
	spent  []event.RaffleRun // likewise: runs to be told of, see spent.go
	last   []byte            // the record at the cursor, for checking that the log still holds it; tail's own
	lapsed chan struct{}     // countdowns may have changed
	armed  chan struct{}     // draws that wait may have changed

	heads     headReads
	snapshots snapshots

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

// Now is the log's present time, as this node knows it: measured now and then,
// and never behind the newest record that was folded.
func (r *Replica) Now() time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	now := r.clock.now()
	if newest := time.UnixMilli(int64(r.cursor.Ms)); now.Before(newest) {
		return newest
	}
	return now
}

// Submit puts an item into the next batch. The waiter is settled later, unless
// an error is returned (eventlog.ErrOverloaded, eventlog.ErrStopped).
func (r *Replica) Submit(item event.Item, w Waiter) error {
	return r.batcher.Add(submission{item: item, waiter: w})
}

// Full reports whether Submit would answer eventlog.ErrOverloaded now.
func (r *Replica) Full() bool { return r.batcher.Full() }

// Propose appends a command and waits for the fold's verdict. The command's
// identity is set here, in a copy. Errors: *event.Refusal (with the Settled's Activity as it
// truly is), those of the Batcher, or the context's.
func (r *Replica) Propose(ctx context.Context, c *event.Command) (Settled, error) {
	w := make(settledChan, 1)
	own := *c // the caller may give up before it is encoded, and use it again
	// A crowd's entries must not keep the host from closing.
	if err := r.batcher.AddAlways(submission{command: &own, waiter: w}); err != nil {
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

// Enter is Submit and the wait for the fold's outcome. Errors: those of the
// Batcher. It takes no context: an item is resolved in any case, by the fold or
// some GiveUps later, and to heed a sender who leaves would cost all who stay.
func (r *Replica) Enter(item event.Item) (Settled, error) {
	w := settledChans.Get().(settledChan)
	defer settledChans.Put(w)
	if err := r.Submit(item, w); err != nil {
		return Settled{}, err
	}
	s := <-w
	return s, s.Err
}

// Done is closed when the replica has ended: evicted, deleted or stopped.
func (r *Replica) Done() <-chan struct{} { return r.done }

type settledChan chan Settled

func (c settledChan) Settle(s Settled) { c <- s }

var settledChans = sync.Pool{New: func() any { return make(settledChan, 1) }}

// encode packs one record: a command alone, or all items up to the next command.
func (r *Replica) encode(seq uint64, subs []submission) (record []byte, n int) {
	id := event.Identity{UID: r.uid(), Producer: r.producer, Seq: seq}
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
// stopped, ErrRewound, eventlog.ErrStopped, or the context's.
func (r *Replica) Wait(ctx context.Context, at eventlog.Offset) error {
	var began uint64 // epochs begin at 1
	for {
		r.mu.RLock()
		moved, err, cursor, epoch := r.moved, r.err, r.cursor, r.epoch
		r.mu.RUnlock()
		if began == 0 {
			began = epoch
		}
		switch {
		case err != nil:
			return err
		case cursor.Compare(at) >= 0:
			return nil
		case epoch != began:
			return ErrRewound
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

// met is an own record of the present flush that a refold came upon.
type met struct {
	subs []submission
	res  event.Result
	at   event.Position
}

// refold folds the log from its first record up to head into a new state, makes
// that the present one and settles the waiters of own records that it met.
// ErrDeleted: the log ends with the event's deletion, or is another event's.
func (r *Replica) refold(ctx context.Context, head eventlog.Offset) (err error) {
	state := event.New()
	var cursor eventlog.Offset
	var last []byte
	var res event.Result
	var own []met
	defer func() {
		for i := range own {
			if err != nil {
				r.fail(own[i].subs, eventlog.ErrGaveUp)
			} else {
				r.settle(own[i].subs, &own[i].res, own[i].at)
			}
		}
	}()
	for cursor.Compare(head) < 0 {
		records, err := r.log.Read(ctx, r.code, cursor, readMax, 0)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return fmt.Errorf("read %s: the log ends at %v, and ended at %v before", r.code, cursor, head)
		}
		for i := range records {
			if err := apply(state, &records[i], &res); err != nil {
				return err
			}
			r.cfg.Metrics.Folded(len(res.Outcomes), false)
			if res.Producer == r.producer {
				if subs := r.batcher.TakeRecord(res.Seq); subs != nil {
					own = append(own, met{subs, res, event.Position(records[i].Offset)})
					res = event.Result{} // what was in it is kept
				}
			}
		}
		cursor, last = records[len(records)-1].Offset, records[len(records)-1].Data
	}
	if !state.Created() {
		return fmt.Errorf("%w: %s has no create record", ErrDamaged, r.code)
	}
	if state.Deleted() {
		return ErrDeleted
	}
	if old := r.uid(); old != (event.UID{}) && old != state.UID() {
		// Deleted, and the code used again: not the event that people here know,
		// so it must not stand in for it even for a moment.
		return ErrDeleted
	}
	r.mu.Lock()
	r.state, r.cursor, r.last = state, cursor, last
	r.epoch++
	r.advance()
	work := state.TakeWork()
	r.mu.Unlock()
	r.freeze(work)
	return nil
}

// apply folds one record, and turns a panic of the fold into ErrDamaged.
func apply(state *event.State, rec *eventlog.Record, res *event.Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(fmt.Sprintf("fold at %v", rec.Offset), p)
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

// panicked is the error that a recovered panic of the event's code becomes.
func panicked(what string, p any) error {
	return fmt.Errorf("%w: %s panicked: %v\n%s", ErrDamaged, what, p, debug.Stack())
}

// fatal reports whether an error of reading or folding ends the event on this node.
func fatal(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer) || errors.Is(err, eventlog.ErrCorrupt)
}

// halt stops the event for an error that somebody has to look at.
func (r *Replica) halt(err error) {
	r.logger.Error("event stopped", "event", r.code, "err", err)
	r.cfg.Metrics.Stopped()
	r.stop(err)
}

// end tells those who still wait for the fold that it has ended.
func (r *Replica) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = eventlog.ErrStopped
	}
	r.advance()
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
			defer func() {
				if p := recover(); p != nil {
					r.halt(panicked("freezing a list of entrants", p))
				}
			}()
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
	now, err := r.log.Now(ctx)
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
