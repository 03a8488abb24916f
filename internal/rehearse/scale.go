package rehearse

import (
	"math/bits"
	"strconv"

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

func (k scale) appendEntry(b []byte, _ *phone, r *part, c choice) []byte {
	first, _ := k.places(r.of)
	return strconv.AppendInt(append(b, `,"value":`...), int64(first+bits.TrailingZeros64(uint64(c))), 10)
}
