package rehearse

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"

	"drumroll/internal/contract"
)

// scale: a phone taps one point. Place i of its counts is the point i above the lowest.
type scale struct{}

func (scale) verb() string { return "rate" }

func (scale) usual() Taking { return Taking{Share: 0.85, After: 3 * time.Second} }

// bounds are a scale's lowest and highest point; 0 and 0 where the server does not say.
func bounds(a *contract.Activity) (lowest, highest int) {
	if a.Scale == nil {
		return 0, 0
	}
	return a.Min, max(a.Min, min(a.Max, a.Min+maxPlaces))
}

// choose rates as crowds do: most are near a point that they agree on more or less.
func (scale) choose(r *rand.Rand, seed uint64, a *contract.Activity) choice {
	lowest, highest := bounds(a)
	steps := float64(highest - lowest)
	opinion := rand.New(rand.NewPCG(seed, uint64(a.ID)))
	centre, width := steps*opinion.Float64(), max(0.6, steps/5)
	point := math.Round(centre + width*r.NormFloat64())
	return 1 << int(min(max(point, 0), steps))
}

// other is a neighbour: people correct themselves by one point.
func (scale) other(r *rand.Rand, _ uint64, a *contract.Activity, than choice) choice {
	lowest, highest := bounds(a)
	if than == 1<<(highest-lowest) || than > 1 && r.IntN(2) == 0 {
		return than >> 1
	}
	return than << 1
}

func (scale) appendEntry(b []byte, _ *phone, r *part, c choice) []byte {
	lowest, _ := bounds(r.of)
	b = append(b, `,"value":`...)
	return strconv.AppendInt(b, int64(lowest+bits.TrailingZeros64(uint64(c))), 10)
}

func (scale) counts(*contract.Activity) int { return 1 }

func (scale) accepted(*phone, *part, *contract.Ack) {}

func (scale) compare(p *phone, r *part, a *contract.Activity, y *contract.You, now time.Time) {
	var got choice
	lowest, _ := bounds(a)
	for _, value := range y.Entries[a.ID] {
		got |= 1 << (uint(value-lowest) & 63)
	}
	p.compareChoiceLocked(r, a, got, now)
}
