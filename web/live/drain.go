package live

import (
	"context"
	"sync"
	"time"
)

const (
	// leaveRate is how many sockets a second are sent away: few enough for one other
	// node to take them all beside its own work.
	leaveRate = 500
	// leaveWithin is when the last one is sent away, however many there are.
	leaveWithin = 15 * time.Second
)

// Drain takes no new sockets and sends all there are away (close code 1012),
// spread evenly, so that they do not all knock at the other nodes at once. It
// returns when they are gone or ctx ends, and says how many there were.
func (s *Sockets) Drain(ctx context.Context) int {
	s.draining.Store(true)
	n := s.sockets.Load()
	over := min(leaveWithin, time.Duration(n)*time.Second/leaveRate)
	s.mu.Lock()
	var all []*room
	for _, r := range s.rooms {
		all = append(all, r)
	}
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() { r.leave(ctx, over) })
	}
	wg.Wait()
	// A process that ended now would cut those who still answer the close frame, and
	// what they have yet to read of theirs.
	for s.sockets.Load() > 0 && ctx.Err() == nil {
		select {
		case <-s.emptied:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	s.end() // under the lock, so that no room begins its work any more
	s.mu.Unlock()
	s.background.Wait()
	return int(n)
}

// socketEnded is one socket less.
func (s *Sockets) socketEnded() {
	if s.sockets.Add(-1) == 0 {
		select {
		case s.emptied <- struct{}{}:
		default:
		}
	}
}
