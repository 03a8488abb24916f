package rehearse

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"

	"drumroll/internal/contract"
)

// poll: a phone chooses options. Place i of its counts is option i.
type poll struct{}

func (poll) verb() string { return "vote" }

func (poll) usual() Taking { return Taking{Share: 0.9, After: 4 * time.Second} }

// choose chooses as crowds do: some options are dear to many, others to few.
func (poll) choose(r *rand.Rand, seed uint64, a *contract.Activity) (c choice) {
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

func (k poll) other(r *rand.Rand, seed uint64, a *contract.Activity, than choice) choice {
	if len(a.Options) < 2 {
		return 0
	}
	for range 8 {
		if c := k.choose(r, seed, a); c != than {
			return c
		}
	}
	first := bits.TrailingZeros64(uint64(than))
	return 1 << ((first + 1) % len(a.Options))
}

func (poll) appendEntry(b []byte, _ *phone, r *part, c choice) []byte {
	b = append(b, `,"choice":[`...)
	for i, o := range c.places() {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(o), 10)
	}
	return append(b, ']')
}

func (poll) counts(a *contract.Activity) int { return a.MaxChoices }

func (poll) accepted(*phone, *part, *contract.Ack) {}

func (poll) compare(p *phone, r *part, a *contract.Activity, y *contract.You, now time.Time) {
	p.compareChoiceLocked(r, a, choiceOf(y.Entries[a.ID]), now)
}
