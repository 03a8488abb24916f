package live

import (
	"context"
	"encoding/binary"
	"log/slog"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/fairdraw"
	"drumroll/internal/hub"
	"drumroll/internal/metrics"
	"drumroll/internal/replica"
	"drumroll/static"
	"drumroll/web/crowd"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/view"
)

// BenchmarkTick makes the ticks of one poll, in an event that has drawn three raffles of
// 1,000 winners each before.
func BenchmarkTick(b *testing.B) {
	r := roomAfterRaffles(b, 3, 1000)
	for _, name := range []string{view.Phone, view.Screen, view.Host} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			seq := uint64(0)
			for b.Loop() {
				seq++
				r.encode(hub.Audience{View: name}, seq)
			}
		})
	}
}

// TestTickAfterRaffles: what was drawn does not make a tick more expensive. It is measured in
// allocations, which a busy machine does not change.
func TestTickAfterRaffles(t *testing.T) {
	r := roomAfterRaffles(t, 3, 50)
	for _, name := range []string{view.Phone, view.Screen, view.Host} {
		seq := uint64(0)
		n := testing.AllocsPerRun(20, func() {
			seq++
			r.encode(hub.Audience{View: name}, seq)
		})
		if n > 40 {
			t.Errorf("a tick to a %s allocates %v times", name, n)
		}
	}
}

// roomAfterRaffles is the room of an event with an open poll after so many raffles.
func roomAfterRaffles(t testing.TB, raffles, winners int) *room {
	t.Helper()
	log, err := filelog.Open(t.TempDir(), filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	counters, logger := metrics.New("test"), slog.New(slog.DiscardHandler)
	set := replica.NewSet(replica.Config{
		Log: log, Logger: logger, Metrics: counters, Producer: 7,
		MaxPending: 10_000, MaxBatch: 1000, GiveUp: 5 * time.Second, Idle: time.Hour,
	})
	t.Cleanup(set.Close)
	key, uid := make([]byte, 32), event.UID{1}
	if err := set.Create(t.Context(), uid, event.Creation{Code: "K7QX2M", Title: "Long evening", Ms: 1}); err != nil {
		t.Fatal(err)
	}
	rep, err := set.Open(t.Context(), "K7QX2M")
	if err != nil {
		t.Fatal(err)
	}
	do := func(c event.Command) int {
		settled, err := rep.Propose(t.Context(), &c)
		if err != nil {
			t.Fatalf("%s: %v", c.Type, err)
		}
		return settled.ID
	}
	for range raffles {
		id := do(event.Command{Type: event.CmdAdd, Spec: &event.Spec{Kind: event.Raffle, Title: "A book", Raffle: &event.RaffleSpec{Winners: winners, Again: true}}})
		chain := fairdraw.NewChain(key, uid, uint64(id), 1)
		end, seed := chain.Element(0), chain.Element(1)
		do(event.Command{Type: event.CmdOpen, Activity: id, Run: 1, Commitment: &end})
		for p := range winners {
			var nonce [16]byte
			binary.BigEndian.PutUint64(nonce[:], uint64(p+1))
			it := event.TicketItem([16]byte{}, nonce, false)
			it.Participant, it.Activity, it.Run = event.Participant(p+1), id, 1
			if err := rep.Submit(it, nil); err != nil {
				t.Fatal(err)
			}
		}
		do(event.Command{Type: event.CmdClose, Activity: id})
		do(event.Command{Type: event.CmdDraw, Activity: id, Run: 1, Seed: &seed})
	}
	poll := do(event.Command{Type: event.CmdAdd, Spec: &event.Spec{Kind: event.Poll, Title: "Encore?", Results: event.Live, Poll: &event.PollSpec{Options: []string{"Yes", "No"}, MaxChoices: 1}}})
	do(event.Command{Type: event.CmdOpen, Activity: poll})
	node := &kinds.Node{SigningKey: key}
	s := New(Config{
		Answers: problem.NewResponder(logger, counters), Valves: overload.New(overload.Config{Cores: 1}), Kinds: node,
		Views: &view.Maker{Files: static.New(), Kinds: node}, Crowds: crowd.New(crowd.Config{Replicas: set, Logger: logger}), Presence: log, Node: "node",
	})
	t.Cleanup(func() { s.Drain(context.Background()) })
	return s.room(rep)
}
