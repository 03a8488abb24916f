package replica

import (
	"context"
	"sync"

	"drumroll/internal/eventlog"
)

// headReads lets all who want the log's head as of now share one read: a read
// that began before a request does not serve it, the next one serves all that
// came meanwhile.
type headReads struct {
	mu      sync.Mutex
	running bool
	next    *headRead
}

type headRead struct {
	done chan struct{}
	head eventlog.Offset
	err  error
}

// Sync returns when this node has folded up to the log's head as of the call.
func (r *Replica) Sync(ctx context.Context) error {
	h := &r.heads
	h.mu.Lock()
	if h.next == nil {
		h.next = &headRead{done: make(chan struct{})}
	}
	read := h.next
	if !h.running {
		h.running = true
		go r.readHeads() // ends when nobody waits any more
	}
	h.mu.Unlock()
	select {
	case <-read.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if read.err != nil {
		return read.err
	}
	return r.Wait(ctx, read.head)
}

func (r *Replica) readHeads() {
	for {
		r.heads.mu.Lock()
		read := r.heads.next
		r.heads.next = nil
		if read == nil {
			r.heads.running = false
			r.heads.mu.Unlock()
			return
		}
		r.heads.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), r.cfg.GiveUp)
		read.head, read.err = r.log.Head(ctx, r.code)
		cancel()
		close(read.done)
	}
}
