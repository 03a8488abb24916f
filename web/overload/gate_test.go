package overload

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// knock has so many arrive within a second, evenly, and counts those let in.
func knock(g *Gate, arrivals int, refused func(after time.Duration)) (in int) {
	for range 100 {
		for range arrivals / 100 {
			if after, ok := g.pass(1); ok {
				in++
			} else if refused != nil {
				refused(after)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return in
}

// TestGateAdapts: the rate grows while the node has time, falls while it has none,
// and never to nothing.
func TestGateAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := time.Duration(0)
		g := newGate(0, 2)
		g.late = func() time.Duration { return late }
		start := g.rate
		if in := knock(g, int(start)/2, nil); in != int(start)/2/100*100 {
			t.Errorf("%d let in of %d, fewer than the rate", in, int(start)/2)
		}
		if g.rate != start {
			t.Errorf("rate %v of a gate that held nobody up", g.rate)
		}
		for range 5 {
			knock(g, 20*int(start), nil)
		}
		if in := knock(g, 20*int(start), nil); in < 5*int(start) {
			t.Errorf("%d let in a second by an idle node, at first %v", in, start)
		}
		late = time.Second
		for range 5 {
			knock(g, 20*int(start), nil)
		}
		if in, least := knock(g, 20*int(start), nil), int(start)*gateLeast/gateStart; in < least*9/10 || in > least*3/2 {
			t.Errorf("%d let in a second by a busy node, want %d", in, least)
		}
	})
}

// TestGateSpreadsThoseItRefuses: the more are refused, the longer the time over
// which they are asked to come back.
func TestGateSpreadsThoseItRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(100, 1)
		var last time.Duration
		seen := map[time.Duration]bool{}
		in := knock(g, 2000, func(after time.Duration) {
			last = max(last, after)
			seen[after] = true
		})
		if in < 195 || in > 205 {
			t.Errorf("%d let in of 2,000 within a second, want the rate of 100 and as many at once", in)
		}
		if last < 10*time.Second || last > 31*time.Second {
			t.Errorf("nobody is asked to come later than in %v", last)
		}
		if len(seen) < 1000 {
			t.Errorf("only %d different times to come again", len(seen))
		}
		time.Sleep(time.Minute)
		var few time.Duration
		knock(g, 300, func(after time.Duration) { few = max(few, after) })
		if few == 0 || few > 3*time.Second {
			t.Errorf("some 100 refused of 300 are asked to come within %v", few)
		}
	})
}

// TestQueueWait: a node whose processors are all taken is seen to be late.
func TestQueueWait(t *testing.T) {
	q := newQueueWait()
	q.recent()
	var stop atomic.Bool
	var spinners sync.WaitGroup
	for range 64 {
		spinners.Go(func() {
			for !stop.Load() {
			}
		})
	}
	worst := time.Duration(0)
	for began := time.Now(); worst < gateLate && time.Since(began) < 20*time.Second; {
		<-time.After(50 * time.Millisecond)
		worst = max(worst, q.recent())
	}
	stop.Store(true)
	spinners.Wait()
	if worst < gateLate {
		t.Errorf("64 goroutines that never rest: the wait is said to be %v", worst)
	}
}
