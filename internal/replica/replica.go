package replica

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// Errors that a Replica's methods wrap, besides those of eventlog.
var (
	// ErrDamaged: the event stopped, because a record cannot be folded.
	ErrDamaged = errors.New("this event's log is damaged; the event is stopped")
	// ErrNewer: a newer version wrote to this log, and this node cannot follow.
	ErrNewer = errors.New("this event was used by a newer version of Drumroll")
	// ErrDeleted: the event was deleted.
	ErrDeleted = errors.New("the event was deleted")
	// ErrRewound: the log lost records during the wait. The record that was waited for
	// may be gone; ask again.
	ErrRewound = errors.New("the log lost its newest records")
)

// Waiter is told, once, what became of its submission. Settle is called on the fold's
// goroutine and must not block.
type Waiter interface {
	Settle(Settled)
}

// Settled is what became of an item or a command. If Err is set (an error of
// eventlog's Batcher, ErrDeleted, …), nothing else is.
type Settled struct {
	Outcome event.Outcome // of an item
	At      event.Position

	// Of a command:
	Refusal  *event.Refusal
	Activity *event.Activity
	ID       int

	Err error
}

// Change tells the watcher what a read of the log brought.
type Change struct {
	Structure bool                // something other than counts and people changed
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
	// producer is this load's own: a Batcher numbers its records from 1, and an append
	// of an earlier load of the same event may still be on its way.
	producer event.Producer
	batcher  *eventlog.Batcher[submission]
	cancel   context.CancelFunc
	done     chan struct{} // closed when all goroutines have ended

	pins     atomic.Int64
	lastUsed atomic.Int64 // Unix ms

	mu          sync.RWMutex // guards the fields up to cursor
	state       *event.State
	epoch       uint64        // rises when the state was dropped and folded again
	cursorMoved chan struct{} // closed and replaced when the cursor moves or err is set
	err         error         // why the event stopped
	clock       logClock
	cursor      eventlog.Offset // set on the tail's goroutine only, which reads it without the lock

	// Used on the tail's goroutine only.
	lossFence  lossFence
	lost       []event.Command // what the log lost and has to be told, see sayLost
	lastRecord []byte          // at the cursor, to check that the log still holds it

	deadlinesChanged chan struct{} // one slot
	drawsChanged     chan struct{} // one slot
	roundRetry       time.Duration // of completeDue, on its goroutine only

	work      sync.WaitGroup // that the fold handed out
	heads     headReads
	snapshots snapshots

	watcher atomic.Pointer[func(Change)]
}

// logClock maps this process's monotonic time to the log's clock.
type logClock struct {
	at  time.Time // with its monotonic reading
	log time.Time
}

func (c logClock) now() time.Time { return c.log.Add(time.Since(c.at)) }

// Code is the event's code.
func (r *Replica) Code() string { return r.code }

// Watch sets the one function that is told of changes, on the fold's goroutine. It
// must not block.
func (r *Replica) Watch(f func(Change)) { r.watcher.Store(&f) }

func (r *Replica) notifyWatcher(c Change) {
	if f := r.watcher.Load(); f != nil {
		(*f)(c)
	}
}

// Pin keeps the replica from being evicted until Unpin.
func (r *Replica) Pin() { r.pins.Add(1) }

// Unpin undoes one Pin.
func (r *Replica) Unpin() {
	r.lastUsed.Store(time.Now().UnixMilli())
	r.pins.Add(-1)
}

// View runs f with the state, which f must neither keep nor change.
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

// Now is the log's present time as this node knows it: measured every few seconds,
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

// Done is closed when the replica has ended: evicted, deleted or stopped.
func (r *Replica) Done() <-chan struct{} { return r.done }

// Wait returns when this node has folded up to at. Errors: why the event stopped,
// ErrRewound, eventlog.ErrStopped, or the context's.
func (r *Replica) Wait(ctx context.Context, at eventlog.Offset) error {
	var began uint64 // epochs begin at 1
	for {
		r.mu.RLock()
		moved, err, cursor, epoch := r.cursorMoved, r.err, r.cursor, r.epoch
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

// wakeWaitersLocked wakes all that wait for the cursor.
func (r *Replica) wakeWaitersLocked() {
	close(r.cursorMoved)
	r.cursorMoved = make(chan struct{})
}

// haltEvent stops the event for an error that an operator has to look at.
func (r *Replica) haltEvent(err error) {
	r.cfg.Logger.Error("event stopped", "event", r.code, "err", err)
	r.cfg.Metrics.Stopped()
	r.stopEvent(err)
}

// stopEvent ends the event on this node.
func (r *Replica) stopEvent(err error) {
	r.endFold(err)
	r.notifyWatcher(Change{Structure: true})
	r.cancel()
}

// endFold notes why the fold ends, unless it has ended, and wakes all that wait for it.
func (r *Replica) endFold(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = cmp.Or(r.err, why)
	r.wakeWaitersLocked()
}
