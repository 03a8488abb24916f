package rehearse

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// choice is a set of options, option i being bit i; 0: none. An activity has 50
// options at most.
type choice uint64

// plan is what one phone does in one run. It follows from seed, phone, activity
// and run alone, so that a rehearsal can be played again, whatever the network
// does in between.
type plan struct {
	taps   bool
	late   bool // taps only when it is over
	after  time.Duration
	choice choice // 0 in raffles

	change      choice        // 0: stays with the first
	changeAfter time.Duration // from its acknowledgement
}

// spread of the log-normal thinking times: half think between 0.6 and 1.6 times
// the median, one in a hundred more than five times.
const spread = 0.7

func think(r *rand.Rand, median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*r.NormFloat64()))
}

func makePlan(s *Script, seed uint64, phone int, a *activity) plan {
	r := rand.New(rand.NewPCG(seed, uint64(phone)<<32|uint64(a.ID)<<16|uint64(a.Run)&0xffff))
	if a.raffle() {
		return plan{taps: r.Float64() < s.Enter, late: r.Float64() < s.Late, after: think(r, s.EnterAfter)}
	}
	p := plan{taps: r.Float64() < s.Vote, late: r.Float64() < s.Late, after: think(r, s.VoteAfter)}
	p.choice = pick(r, seed, a)
	if r.Float64() < s.Change {
		p.change = other(r, seed, a, p.choice)
		p.changeAfter = think(r, s.VoteAfter)
	}
	return p
}

// pick chooses as crowds do: some options are dear to many, others to few.
func pick(r *rand.Rand, seed uint64, a *activity) (c choice) {
	if len(a.Options) == 0 {
		return 0
	}
	taste := rand.New(rand.NewPCG(seed, uint64(a.ID)))
	weights := make([]float64, len(a.Options))
	sum := 0.0
	for i := range weights {
		weights[i] = math.Exp(spread * taste.NormFloat64())
		sum += weights[i]
	}
	for range 1 + r.IntN(max(1, a.MaxChoices)) {
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

// other is a choice that differs; 0 where there is none.
func other(r *rand.Rand, seed uint64, a *activity, than choice) choice {
	if len(a.Options) < 2 {
		return 0
	}
	for range 8 {
		if c := pick(r, seed, a); c != than {
			return c
		}
	}
	first := bits.TrailingZeros64(uint64(than))
	return 1 << ((first + 1) % len(a.Options))
}
