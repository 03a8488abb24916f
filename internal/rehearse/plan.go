package rehearse

import (
	"math"
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

func choiceOf(places []int) (c choice) {
	for _, i := range places {
		c |= 1 << (uint(i) & 63)
	}
	return c
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
	p.choice = kind.choose(r, seed, a)
	if r.Float64() < s.Change {
		p.change = kind.other(r, seed, a, p.choice)
		p.changeAfter = think(r, take.After)
	}
	return p
}
