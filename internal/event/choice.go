package event

import (
	"iter"
	"math/bits"
)

// Choice is a set of option indices, each 0 to MaxOptions-1.
type Choice uint64

// Add puts option o into the set; false where it is out of range or already there.
func (c *Choice) Add(o int) bool {
	if o < 0 || o >= MaxOptions || *c&(1<<o) != 0 {
		return false
	}
	*c |= 1 << o
	return true
}

// Len is the number of options in the set.
func (c Choice) Len() int { return bits.OnesCount64(uint64(c)) }

// All yields the options, rising.
func (c Choice) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for c != 0 {
			o := bits.TrailingZeros64(uint64(c))
			if !yield(o) {
				return
			}
			c &= c - 1
		}
	}
}

// within reports whether the set has 1 to most options, all below options.
func (c Choice) within(options, most int) bool {
	return c != 0 && c.Len() <= most && uint64(c)>>options == 0
}

// first is the lowest option of a set that is not empty.
func (c Choice) first() int { return bits.TrailingZeros64(uint64(c)) }
