package rehearse

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets of at most 3 % width, from a microsecond
// on. It takes 10 KB and may be used by many goroutines.
type histogram struct {
	buckets [fine * 40]atomic.Int64
	top     atomic.Int64 // µs
}

const (
	fineBits = 5
	fine     = 1 << fineBits // buckets for each doubling
)

// bucket of µs: below fine one each, then fine for each power of two.
func bucket(us int64) int {
	if us < fine {
		return int(max(us, 0))
	}
	shift := bits.Len64(uint64(us)) - fineBits - 1
	return min((shift+1)*fine+int(us>>shift)-fine, fine*40-1)
}

// upper is the greatest µs of a bucket.
func upper(b int) int64 {
	if b < fine {
		return int64(b)
	}
	shift := b/fine - 1
	return int64(b%fine+fine+1)<<shift - 1
}

func (h *histogram) add(d time.Duration) {
	us := d.Microseconds()
	h.buckets[bucket(us)].Add(1)
	for {
		top := h.top.Load()
		if us <= top || h.top.CompareAndSwap(top, us) {
			return
		}
	}
}

func (h *histogram) count() (n int64) {
	for i := range h.buckets {
		n += h.buckets[i].Load()
	}
	return n
}

// quantile is a duration that a share q of all does not exceed; 0 of none.
func (h *histogram) quantile(q float64) time.Duration {
	total := h.count()
	if total == 0 {
		return 0
	}
	want := max(1, int64(q*float64(total)+0.5))
	var n int64
	for i := range h.buckets {
		if n += h.buckets[i].Load(); n >= want {
			return time.Duration(min(upper(i), h.top.Load())) * time.Microsecond
		}
	}
	return h.max()
}

func (h *histogram) max() time.Duration { return time.Duration(h.top.Load()) * time.Microsecond }
