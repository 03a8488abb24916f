package replica

import (
	"errors"
	"testing"
	"testing/synctest"

	"drumroll/internal/eventlog"
)

// Wait returns an error if a rewound log has lost the offset, and if the fold ends.
func TestWaitEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Replica)
		want   error
	}{
		"folded":  {func(r *Replica) { r.cursor = eventlog.Offset{Ms: 9} }, nil},
		"rewound": {func(r *Replica) { r.epoch++ }, ErrRewound},
		"deleted": {func(r *Replica) { r.err = ErrDeleted }, ErrDeleted},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &Replica{cursorMoved: make(chan struct{}), epoch: 1}
				got := make(chan error, 1)
				go func() { got <- r.Wait(t.Context(), eventlog.Offset{Ms: 9}) }()
				for range 2 { // a move that is not far enough
					synctest.Wait()
					r.mu.Lock()
					r.cursor.Ms++
					r.wakeWaitersLocked()
					r.mu.Unlock()
				}
				synctest.Wait()
				if len(got) != 0 {
					t.Fatalf("Wait ended early: %v", <-got)
				}
				r.mu.Lock()
				c.change(r)
				r.wakeWaitersLocked()
				r.mu.Unlock()
				if err := <-got; !errors.Is(err, c.want) {
					t.Errorf("Wait: %v, want %v", err, c.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := &Replica{cursorMoved: make(chan struct{}), epoch: 1}
		got := make(chan error, 1)
		go func() { got <- r.Wait(t.Context(), eventlog.Offset{Ms: 9}) }()
		synctest.Wait()
		r.endFold(eventlog.ErrStopped)
		if err := <-got; !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("Wait when the fold ends: %v", err)
		}
	})
}
