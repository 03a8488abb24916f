package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/eventlog"
	"drumroll/web"
)

// TestOverload: while the log stands still, entries beyond what may wait are
// refused fast, and those that wait are counted when it moves again.
func TestOverload(t *testing.T) {
	t.Parallel()
	var log *slowLog
	n := embedded(t, setup{maxPending: 2, wrap: func(l eventlog.Store) eventlog.Store {
		log = newSlowLog(l)
		return log
	}})
	s := n.create(t, "Overload")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	phones := []*phone{s.join(t), s.join(t), s.join(t)}
	w := s.dial(t, "phone", s.join(t).Token)
	log.shut()
	answers := make(chan answer, 2)
	go func() { answers <- phones[0].enter(1, []int{0}) }()
	<-log.held // the first is on its way
	w.send(`{"t":"entry","ref":"waits","activity":1,"choice":[0]}`)
	// The second waits; the socket's next entry shows that it was taken in.
	w.send(`{"t":"entry","ref":"refused","activity":1,"choice":[1]}`)
	if ack := w.ack(); ack.Status != "retry" || ack.Ref != "refused" || ack.AfterMS <= 0 {
		t.Errorf("with a full queue: %s", ack.raw)
	}
	a := phones[1].enter(1, []int{0})
	a.problem(http.StatusServiceUnavailable, "overloaded")
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || after < 1 || after > 60 {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	if got := a.header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options %q", got)
	}
	log.open()
	(<-answers).want(200)
	if ack := w.ack(); ack.Status != "counted" || ack.Ref != "waits" {
		t.Errorf("after the wait: %s", ack.raw)
	}
	if a := s.seen(s.stranger).Activities[0]; a.Entries != 2 {
		t.Errorf("%d entries, want 2", a.Entries)
	}
	phones[1].counted(1, []int{0})
}

// TestUnacknowledged: a socket has at most 16 entries that wait.
func TestUnacknowledged(t *testing.T) {
	t.Parallel()
	var log *slowLog
	n := embedded(t, setup{wrap: func(l eventlog.Store) eventlog.Store {
		log = newSlowLog(l)
		return log
	}})
	s := n.create(t, "Sixteen")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	w := s.dial(t, "phone", s.join(t).Token)
	w.next("state")
	log.shut()
	for i := range 18 {
		w.send(fmt.Sprintf(`{"t":"entry","ref":%d,"activity":1,"choice":[%d],"run":1,"n":%d}`, i, i%2, i+1))
	}
	for i := 16; i < 18; i++ {
		if ack := w.ack(); ack.Status != "retry" || ack.Ref != float64(i) || ack.AfterMS <= 0 {
			t.Errorf("entry %d: %s", i, ack.raw)
		}
	}
	log.open()
	for i := range 16 {
		want := "changed"
		if i == 0 {
			want = "counted"
		}
		if ack := w.ack(); ack.Status != want || ack.Ref != float64(i) {
			t.Errorf("entry %d: %s", i, ack.raw)
		}
	}
	w.send(`{"t":"entry","ref":"again","activity":1,"choice":[0],"run":1,"n":99}`)
	if ack := w.ack(); ack.Status != "changed" {
		t.Errorf("after the acks: %s", ack.raw)
	}
}

// TestRateOverHTTP: one participant's flood is refused, and nobody else's entry.
func TestRateOverHTTP(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.EntryRate = 3 }})
	s := n.create(t, "Rate")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	p, other := s.join(t), s.join(t)
	for range 200 {
		a := p.enter(1, []int{0, 0})
		if a.status == http.StatusTooManyRequests {
			a.problem(http.StatusTooManyRequests, "rate")
			// Phones share an address: the others go on.
			other.counted(1, []int{1})
			return
		}
		a.problem(422, "invalid")
	}
	t.Error("200 entries of one participant were never refused")
}

// TestSocketCeiling: a node that holds as many sockets as it can bear sends a
// further one away with the time to wait, and takes one again when another has gone.
func TestSocketCeiling(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.MaxSockets = 1 }})
	s := n.create(t, "Full house")
	first := s.dial(t, "screen", "")
	first.next("state")
	second := s.dial(t, "screen", "")
	if code := second.closed(); code != websocket.StatusTryAgainLater {
		t.Fatalf("one too many was closed with %d", code)
	}
	var end websocket.CloseError
	if !errors.As(second.err, &end) {
		t.Fatal(second.err)
	}
	if ms, err := strconv.Atoi(end.Reason); err != nil || ms <= 0 {
		t.Errorf("reason %q, want milliseconds to wait", end.Reason)
	}
	if err := first.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	for {
		again := s.dial(t, "screen", "")
		select {
		case f, ok := <-again.frames:
			if ok {
				if f.T != "state" {
					t.Errorf("first frame %s", f.raw)
				}
				return
			}
		case <-time.After(patience):
			t.Fatal("neither welcome nor sent away")
		}
	}
}
