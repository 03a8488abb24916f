package rehearse

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"

	"drumroll/internal/contract"
)

// choice is an entry by the places in counts that it moves, place i being bit i; 0: none.
// Counts have 50 places at most.
type choice uint64

// places of a choice, in order.
func (c choice) places() (all []int) {
	for i := range 64 {
		if c&(1<<i) != 0 {
			all = append(all, i)
		}
	}
	return all
}

// choiceOf is the choice of an entry whose numbers count places from first on.
func choiceOf(entry []int, first int) (c choice) {
	for _, number := range entry {
		c |= 1 << (uint(number-first) & 63)
	}
	return c
}

// choose chooses as crowds do: some places are dear to many, others to few. seed is the
// whole crowd's; 0: there is nothing to choose.
func choose(kind behaviour, r *rand.Rand, seed uint64, a *contract.Activity) (c choice) {
	_, places := kind.places(a)
	if places < 1 {
		return 0
	}
	taste := rand.New(rand.NewPCG(seed, uint64(a.ID)))
	weights := make([]float64, places)
	sum := 0.0
	for i := range weights {
		weights[i] = math.Exp(spread * taste.NormFloat64())
		sum += weights[i]
	}
	for range 1 + r.IntN(max(1, kind.counts(a))) {
		x := r.Float64() * sum
		i := 0
		for i < len(weights)-1 && x >= weights[i] {
			x -= weights[i]
			i++
		}
		c |= 1 << i // the same one twice: one choice less
	}
	return c
}

// chooseAgain is a choice that differs from another; 0: there is none.
func chooseAgain(kind behaviour, r *rand.Rand, seed uint64, a *contract.Activity, than choice) choice {
	_, places := kind.places(a)
	if places < 2 {
		return 0
	}
	for range 8 {
		if c := choose(kind, r, seed, a); c != than {
			return c
		}
	}
	first := bits.TrailingZeros64(uint64(than))
	return 1 << ((first + 1) % places)
}

// plan is what one phone does in one run. It follows from seed, phone, activity
// and run alone, so that a rehearsal can be played again, whatever the network
// does in between.
type plan struct {
	taps   bool
	late   bool // taps only when it is over
	after  time.Duration
	choice choice

	change      choice        // 0: stays with the first
	changeAfter time.Duration // from its acknowledgement
}

// spread of the log-normal thinking times: half think between 0.6 and 1.6 times
// the median, one in a hundred more than five times.
const spread = 0.7

func think(r *rand.Rand, median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*r.NormFloat64()))
}

func makePlan(s *Script, seed uint64, phone int, a *contract.Activity) plan {
	r := rand.New(rand.NewPCG(seed, uint64(phone)<<32|uint64(a.ID)<<16|uint64(a.Run)&0xffff))
	kind, take := kinds[a.Kind], s.Kinds[a.Kind]
	p := plan{taps: r.Float64() < take.Share, late: r.Float64() < s.Late, after: think(r, take.After)}
	p.choice = choose(kind, r, seed, a)
	if r.Float64() < s.Change {
		p.change = chooseAgain(kind, r, seed, a, p.choice)
		p.changeAfter = think(r, take.After)
	}
	return p
}
