package event

import (
	"runtime"
	"testing"
)

// raffleLog is the log of a raffle with n entrants, 1,000 a batch, and its close.
// Batches are handed to fold one by one, so that the log itself takes no memory.
func raffleLog(t testing.TB, spec RaffleSpec, n int, fold func([]byte)) {
	j := newJournal(t, false)
	id := j.addSpec(spec)
	j.open(id)
	for _, r := range j.log {
		fold(r.data)
	}
	seq := j.seq
	items := make([]Item, 0, 1000)
	var data []byte
	for i := range n {
		// Spread as random ids are.
		p := Participant(uint64(i+1) * 0x9e3779b97f4a7c15)
		items = append(items, ticket(p, id, 1))
		if len(items) == cap(items) || i == n-1 {
			seq++
			data = AppendBatchHeader(data[:0], Identity{testUID, testProducer, seq})
			for k := range items {
				data = AppendItem(data, &items[k])
			}
			fold(SealBatch(data, 0))
			items = items[:0]
		}
	}
	fold(AppendCommand(nil, &Command{Identity: Identity{testUID, testProducer, seq + 1}, Type: CmdClose, Activity: id}))
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// foldRaffle folds and freezes a raffle of n and returns the heap that it takes.
func foldRaffle(t testing.TB, n int) (*State, uint64) {
	before := heap()
	s := New()
	var res Result
	ms := uint64(0)
	raffleLog(t, RaffleSpec{Again: true}, n, func(data []byte) {
		ms++
		if err := s.Apply(Position{Ms: ms}, data, &res); err != nil {
			t.Fatal(err)
		}
	})
	res = Result{}
	for _, work := range s.TakeWork() {
		work()
	}
	return s, heap() - before
}

// Measured on a part, to be quick; BenchmarkMillionEntrants has the whole.
func TestMillionEntrantsFitIn100MB(t *testing.T) {
	const part = 100_000
	s, bytes := foldRaffle(t, part)
	if got := s.Snapshot().Activities[0]; got.Entries != part || got.Raffle.Freeze == nil {
		t.Fatalf("folded %+v", got)
	}
	whole := float64(bytes) / part // MB for a million
	t.Logf("%.0f bytes an entrant, frozen list included: %.0f MB for a million", whole, whole)
	if whole > 100 {
		t.Errorf("a million entrants would take %.0f MB, want at most 100", whole)
	}
	runtime.KeepAlive(s)
}

func BenchmarkMillionEntrants(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		s, bytes := foldRaffle(b, n)
		b.ReportMetric(float64(bytes)/1e6, "MB")
		runtime.KeepAlive(s)
	}
}

func BenchmarkVotes(b *testing.B) {
	j := newJournal(b, false)
	id := j.addPoll(Live, 1, "a", "b", "c", "d")
	j.open(id)
	items := make([]Item, 100)
	var data []byte
	var res Result
	seq, n := j.seq, 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range items {
			n++
			items[i] = vote(Participant(uint64(n%100_000+1)*0x9e3779b97f4a7c15), id, 1, 0, n%4)
		}
		seq++
		data = AppendBatchHeader(data[:0], Identity{testUID, testProducer, seq})
		for i := range items {
			data = AppendItem(data, &items[i])
		}
		if err := j.s.Apply(Position{Ms: 5}, SealBatch(data, 0), &res); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(items)), "ns/vote")
}
