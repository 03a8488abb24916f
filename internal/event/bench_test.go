package event

import (
	"testing"
	"time"

	"drumroll/internal/fairdraw"
)

// million folds a raffle of a million up to its close, and returns how long the
// close held up the fold and how long the list took.
func million(b *testing.B, spec RaffleSpec) (s *State, closed, listed time.Duration) {
	b.Helper()
	s = New()
	var res Result
	ms := uint64(0)
	raffleLog(b, spec, 1_000_000, func(data []byte) {
		ms++
		begin := time.Now()
		if err := s.Apply(Position{Ms: ms}, data, &res); err != nil {
			b.Fatal(err)
		}
		closed = time.Since(begin) // in the end, of the last record
	})
	begin := time.Now()
	for _, work := range s.TakeWork() {
		work()
	}
	return s, closed, time.Since(begin)
}

// What a million entrants cost: the close within the fold, where eligibility has
// to be judged, the list, and a draw within it.
func BenchmarkMillionFrozenAndDrawn(b *testing.B) {
	for b.Loop() {
		s, closed, listed := million(b, RaffleSpec{Winners: 10, Eligible: Eligibility{JoinedBefore: 990}})
		run, element, _ := s.NextSeed(1)
		seed := fairdraw.NewChain(testKey, testUID, 1, uint64(run)).Element(element)
		c := Command{Identity: Identity{testUID, 77, 1}, Type: CmdDraw, Activity: 1, Run: run, Seed: &seed}
		var res Result
		begin := time.Now()
		if err := s.Apply(Position{Ms: 5000}, AppendCommand(nil, &c), &res); err != nil || res.Refusal != nil {
			b.Fatal(err, res.Refusal)
		}
		b.ReportMetric(float64(closed.Microseconds())/1000, "ms/close")
		b.ReportMetric(float64(listed.Microseconds())/1000, "ms/list")
		b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "ms/draw")
	}
}

// A proof on demand, of a million: look-up, position, path.
func BenchmarkReceiptOfMillion(b *testing.B) {
	s, _, _ := million(b, RaffleSpec{Again: true})
	k := 0
	for b.Loop() {
		k = (k + 7919) % 1_000_000
		r, no := s.Receipt(Participant(uint64(k+1)*0x9e3779b97f4a7c15), 1)
		if no != nil {
			b.Fatal(no)
		}
		list := r.List()
		pos, ok := list.Find(r.Ticket)
		if !ok {
			b.Fatal("not on the list")
		}
		if _, err := list.Proof(pos); err != nil {
			b.Fatal(err)
		}
	}
}
