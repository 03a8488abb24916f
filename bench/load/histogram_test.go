package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A quantile is never below the true one, and at most one step of 1/32 above.
func TestHistogramQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(random.ExpFloat64() * float64(3*time.Millisecond))
		h.Add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		got := h.Quantile(q)
		if got < want || float64(got) > float64(want)*(1+1.0/steps)+1 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if h.Count() != len(all) || h.Max() != all[len(all)-1] {
		t.Errorf("count %d, most %v", h.Count(), h.Max())
	}
}

func TestBucketsAreInOrder(t *testing.T) {
	last := -1
	for v := uint64(0); v < 1<<14; v++ {
		b := bucket(v)
		if b != last && b != last+1 {
			t.Fatalf("bucket of %d is %d after %d", v, b, last)
		}
		if upper(b) < v {
			t.Fatalf("bucket %d of %d ends at %d", b, v, upper(b))
		}
		last = b
	}
}
