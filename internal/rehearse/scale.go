package rehearse

import (
	"math/bits"

	"drumroll/internal/contract"
)

// scale: a phone taps one point, as it chooses one option of a poll. Place i of its counts
// is the point i above the lowest.
type scale struct{ poll }

func (scale) verb() string { return "rate" }

func (scale) places(a *contract.Activity) (first, places int) {
	if a.Scale == nil { // the server does not say
		return 0, 0
	}
	return a.Min, min(a.Max-a.Min+1, maxPlaces)
}

func (k scale) fill(e *contract.Entry, _ *phone, r *part, c choice) {
	first, _ := k.places(r.of)
	e.Value = new(first + bits.TrailingZeros64(uint64(c)))
}
