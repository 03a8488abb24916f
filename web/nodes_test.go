package web_test

import (
	"net/http"
	"slices"
	"testing"
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
