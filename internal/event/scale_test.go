package event

import "testing"

func TestMeanIsRoundedHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		min    int
		counts []int
		want   string
	}{
		{1, []int{0, 0, 0}, `,"counts":[0,0,0]`},
		{1, []int{1, 0, 2}, `,"counts":[1,0,2],"mean":2.33`},
		{0, []int{199, 1}, `,"counts":[199,1],"mean":0.01`},
		{-1, []int{1, 199}, `,"counts":[1,199],"mean":-0.01`},
		{-1, []int{1, 299}, `,"counts":[1,299],"mean":0`}, // not -0
		{-5, []int{0, 0, 7}, `,"counts":[0,0,7],"mean":-3`},
		{-1_000_000, []int{1_000_000, 1_000_000}, `,"counts":[1000000,1000000],"mean":-999999.5`},
		{1, nil, ""}, // hidden
	} {
		a := &Activity{Kind: Scale, Counts: c.counts, Scale: &ScaleSpec{Min: c.min, Max: c.min + 2}}
		if got := string(scale{}.appendNumbers(nil, a)); got != c.want {
			t.Errorf("from %d, %v: %s, want %s", c.min, c.counts, got, c.want)
		}
	}
}
