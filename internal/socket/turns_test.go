package socket

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const atOnce = 3

// TestTurns: nobody waits until order is asked for; then as many are at it at once
// as may be; and a second later nobody waits again.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := NewTurns(atOnce)
		if turns.wait() || (*Turns)(nil).wait() {
			t.Error("a turn before order was asked for")
		}
		turns.Order(time.Now())
		var at, most, done atomic.Int64
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				for range 5 {
					if !turns.wait() {
						t.Error("no turn within the second")
						return
					}
					most.Store(max(most.Load(), at.Add(1)))
					time.Sleep(time.Microsecond)
					at.Add(-1)
					turns.give()
					done.Add(1)
				}
			})
		}
		all.Wait()
		if most.Load() > atOnce || done.Load() != 1000 {
			t.Errorf("%d at once, of %d; %d turns", most.Load(), atOnce, done.Load())
		}
		time.Sleep(turnsFor + 1)
		if turns.wait() {
			t.Error("a turn long after order was asked for")
		}
	})
}

// TestEndTurn: a handler that waits holds nobody up.
func TestEndTurn(t *testing.T) {
	turns := NewTurns(atOnce)
	turns.Order(time.Now())
	var conns []*Conn
	for range 3 * atOnce { // more than could have a turn at once
		c := &Conn{turns: turns}
		c.turned = turns.wait()
		c.EndTurn()
		c.EndTurn() // a second time does nothing
		conns = append(conns, c)
	}
	for _, c := range conns {
		if c.turned {
			t.Error("a turn that was ended goes on")
		}
	}
}
