package hub_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drumroll/internal/hub"
)

func TestCloseIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		var lines []*line
		for range 400 {
			l, _ := w.join("screen", 0)
			l.take()
			lines = append(lines, l)
		}
		began := time.Now()
		w.topic.Close(t.Context(), 4*time.Second, func(c hub.Conn) { c.Close(1012, "") })
		var after []time.Duration
		for i, l := range lines {
			if l.code != 1012 {
				t.Errorf("connection %d: code %d", i, l.code)
			}
			after = append(after, l.times[0].Sub(began))
		}
		if slices.IsSorted(after) {
			t.Error("who came first goes first")
		}
		slices.Sort(after)
		for i, d := range after {
			if d != time.Duration(i)*10*time.Millisecond {
				t.Fatalf("close %d came after %v", i, d)
			}
		}
		late, _ := w.join("screen", 0)
		if late.code != 1012 || len(late.frames) != 0 {
			t.Errorf("a latecomer: code %d, frames %q", late.code, late.frames)
		}
	})
}

func TestCloseHeedsItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		for range 4 {
			w.join("screen", 0)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		ended := 0
		w.topic.Close(ctx, time.Hour, func(hub.Conn) { ended++ })
		if ended != 1 || ctx.Err() == nil {
			t.Errorf("%d ended", ended)
		}
	})
}

// rising checks that the frames of one connection never go back.
type rising struct {
	t    *testing.T
	mu   sync.Mutex
	last uint64
	got  int
	busy int
}

func (r *rising) Send([]byte) bool { return true }
func (r *rising) Offer(frame []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy++; r.busy%3 == 0 {
		return false
	}
	var seq uint64
	if _, err := fmt.Sscan(string(frame), &seq); err != nil || seq <= r.last {
		r.t.Errorf("frame %q after %d: %v", frame, r.last, err)
	}
	r.last = seq
	r.got++
	return true
}

func (r *rising) Close(int, string) {}

// TestOrderUnderConcurrency is for the race detector, and for the order of seq.
func TestOrderUnderConcurrency(t *testing.T) {
	topic := hub.NewTopic(hub.Config{
		Encode: func(_ hub.Audience, seq uint64) *hub.Frames {
			text := fmt.Append(nil, seq)
			return &hub.Frames{Structure: seq / 3, State: func() []byte { return text }, Tick: text, Essence: text}
		},
		TickEvery: time.Microsecond, KeepAlive: time.Millisecond,
	})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { topic.Run(ctx) })
	var work sync.WaitGroup
	for worker := range 8 {
		work.Go(func() {
			for i := range 200 {
				r := &rising{t: t}
				s := &hub.Subscriber{Key: uint64(worker%3 + 1), Audience: hub.Audience{View: fmt.Sprint(worker % 2)}, Conn: r}
				topic.Subscribe(s)
				topic.Notify(i%2 == 0)
				hub.Touched(topic, []uint64{1, 2, 3})
				s.Credit()
				s.Drained()
				topic.Unsubscribe(s)
				r.mu.Lock()
				if r.got == 0 {
					t.Error("a newcomer got nothing")
				}
				r.mu.Unlock()
			}
		})
	}
	work.Wait()
	cancel()
	running.Wait()
}
