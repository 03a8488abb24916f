package web_test

import (
	"testing"
	"time"

	"drumroll/web"
)

// TestDearTicksGetRarer: where telling phones of counts would take more than its
// share of the node, they hear of them once a second, and the projector and the
// host as often as ever.
func TestDearTicksGetRarer(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.BroadcastShare = 1e-6 }})
	s := n.create(t, "Ticks")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	voter := s.dial(t, "phone", s.join(t).Token)
	phone, screen, host := s.dial(t, "phone", s.join(t).Token), s.dial(t, "screen", ""), s.dial(t, "host", s.HostKey)
	ticked := func(f frame) bool { return f.T == "tick" }
	ended := make(chan struct{})
	defer func() { <-ended }()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // counts move all the time
		defer close(ended)
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			voter.send(`{"t":"entry","ref":0,"activity":1,"choice":[` + itoa(i%2) + `],"run":1,"n":` + itoa(i) + `}`)
			voter.ack()
		}
	}()
	phone.until(ticked)
	from := phone.until(ticked).at
	to := phone.until(ticked).at
	// On a busy machine they may be further apart; that they are never planned so
	// is the hub's test.
	if gap := to.Sub(from); gap < 800*time.Millisecond {
		t.Errorf("the phone's ticks are %v apart, want a second", gap)
	}
	const gaps = 3
	for range gaps - 1 {
		to = phone.until(ticked).at
	}
	for _, w := range []*wire{screen, host} {
		ticks := 0
		w.until(func(f frame) bool {
			if f.T == "tick" && f.at.After(from) {
				ticks++
			}
			return f.at.After(to)
		})
		// Thirty in an idle test; fewer where the machine is busy.
		if ticks <= gaps {
			t.Errorf("%d ticks for the %s while the phone got %d", ticks, w.view, gaps)
		}
	}
}
