package web_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"drumroll/web"
)

// Whatever one node has answered, the next read at another node shows: behind a
// balancer nobody knows which node one gets.
func TestReadsSeeWhatOtherNodesAcknowledged(t *testing.T) {
	t.Parallel()
	st := redisStore(t)
	a, b := start(t, st, setup{}), start(t, st, setup{})
	s := a.create(t, "Two nodes")
	poll := s.poll("Tea or coffee?", "live", "Tea", "Coffee")
	s.must(poll.ID, "open", nil)
	there := b.caller(t, s.HostKey)
	atB := *s
	atB.node = b
	for i := 1; i <= 30; i++ {
		p := s.join(t)
		p.counted(poll.ID, []int{1})
		if got := s.seen(there).Activities[0]; got.Entries != i || !slices.Equal(got.Counts, []int{0, i}) {
			t.Fatalf("after %d votes the other node says %+v", i, got)
		}
		p.counted(poll.ID, []int{0})
		w := atB.dial(t, "phone", p.Token)
		if you := w.next("state").You; you == nil || !slices.Equal(you.Entries[itoa(poll.ID)], []int{0}) {
			t.Fatalf("a phone that moves to the other node is told %+v", you)
		}
		p.counted(poll.ID, []int{1})
	}
	s.host.api("DELETE", s.path(""), nil).want(http.StatusNoContent)
	there.api("GET", s.path(""), nil).problem(http.StatusNotFound, "unknown")
}

// The number of phones is that of all nodes, and at most two seconds old. A busy
// machine may miss that once, the rule may not.
func TestConnectedOverAllNodes(t *testing.T) {
	t.Parallel()
	const most = 2 * time.Second
	st := redisStore(t)
	called := func(name string) setup { return setup{config: func(c *web.Config) { c.Node = name }} }
	a, b := start(t, st, called("a")), start(t, st, called("b"))
	s := a.create(t, "Two nodes")
	atB := *s
	atB.node = b
	screen := atB.dial(t, "screen", "")
	late := 0
	want := func(what string, n int, since time.Time) {
		t.Helper()
		f := screen.until(func(f frame) bool {
			return f.T == "tick" && f.Connected == n || f.T == "state" && f.Event.People.Connected == n
		})
		if took := f.at.Sub(since); took > most {
			late++
			t.Logf("%s shows at the other node after %v", what, took)
		}
		if got := s.seen(b.caller(t, "")).People.Connected; got != n {
			t.Errorf("%s: the other node's API says %d phones, want %d", what, got, n)
		}
	}
	var phones []*wire
	for n := range 3 {
		began := time.Now()
		phones = append(phones, s.dial(t, "phone", s.join(t).Token))
		want("a phone that came", n+1, began)
	}
	for n := range phones {
		began := time.Now()
		if err := phones[n].conn.CloseNow(); err != nil {
			t.Error(err)
		}
		want("a phone that went", len(phones)-n-1, began)
	}
	if late > 1 {
		t.Errorf("%d of %d changes took more than %v to show", late, 2*len(phones), most)
	}
}
