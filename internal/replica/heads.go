package replica

import (
	"cmp"
	"context"
	"sync"

	"drumroll/internal/eventlog"
)

// headReads lets all that want the log's head as of now share one read. A read that
// began before a request does not serve it; the next one serves all that came in the
// meantime.
type headReads struct {
	mu   sync.Mutex
	next *headRead     // the read that has not begun, or nil
	wake chan struct{} // one slot: there is a next read
	over chan struct{} // closed when readHeads has ended
}

type headRead struct {
	done chan struct{}
	head eventlog.Offset
	err  error
}

// Sync returns when this node has folded up to the log's head as of the call. Errors:
// those of Head and Wait.
func (r *Replica) Sync(ctx context.Context) error {
	h := &r.heads
	h.mu.Lock()
	if h.next == nil {
		h.next = &headRead{done: make(chan struct{})}
		h.wake <- struct{}{} // there is room: next was taken after the last wake-up
	}
	read := h.next
	h.mu.Unlock()
	select {
	case <-read.done:
	case <-h.over:
		return cmp.Or(r.Err(), eventlog.ErrStopped)
	case <-ctx.Done():
		return ctx.Err()
	}
	if read.err != nil {
		return read.err
	}
	return r.Wait(ctx, read.head)
}

// readHeads reads the head for those that ask, until ctx ends.
func (r *Replica) readHeads(ctx context.Context) {
	h := &r.heads
	defer close(h.over)
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			return
		}
		h.mu.Lock()
		read := h.next
		h.next = nil
		h.mu.Unlock()
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.GiveUp)
		read.head, read.err = r.cfg.Log.Head(limited, r.code)
		cancel()
		close(read.done)
	}
}
