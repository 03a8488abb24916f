package load

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets that grow with them: 32 to each
// doubling, so a quantile is at most 3 % off. The zero value is empty.
type Histogram struct {
	counts [64 * steps]uint32
	n      int
	most   time.Duration
}

const (
	stepBits = 5
	steps    = 1 << stepBits
)

// Add counts a duration; below 0 is 0.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.n++
	h.most = max(h.most, d)
}

func bucket(v uint64) int {
	if v < steps {
		return int(v)
	}
	shift := bits.Len64(v) - stepBits - 1
	return (shift+1)<<stepBits + int(v>>shift) - steps
}

// upper is the highest value of a bucket.
func upper(b int) uint64 {
	if b < steps {
		return uint64(b)
	}
	shift := b>>stepBits - 1
	return (uint64(b&(steps-1))+steps+1)<<shift - 1
}

// Merge adds what another histogram counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
	h.most = max(h.most, o.most)
}

// Count is the number of durations.
func (h *Histogram) Count() int { return h.n }

// Max is the longest.
func (h *Histogram) Max() time.Duration { return h.most }

// Ms is Quantile in milliseconds.
func (h *Histogram) Ms(q float64) float64 { return h.Quantile(q).Seconds() * 1000 }

// Quantile is the duration that a share q (0 to 1) does not exceed; 0 of none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int(q * float64(h.n))
	for b, n := range h.counts {
		if rank -= int(n); rank < 0 {
			return min(time.Duration(upper(b)), h.most)
		}
	}
	return h.most
}
