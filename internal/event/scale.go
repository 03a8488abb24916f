package event

import (
	"cmp"
	"math"
	"strconv"
)

// MaxSteps is the most that a scale's last point is above its first.
const MaxSteps = 10

// ScaleSpec is what a host says of a scale.
type ScaleSpec struct {
	Min    int      `json:"min"`
	Max    int      `json:"max"`
	Labels []string `json:"labels,omitempty"` // none, or one for each end
}

// scale asks for one point between two ends. In the fold it is a poll whose
// options are the points.
type scale struct{ voting }

func (scale) normalize(spec *Spec) (err error) {
	sc := *cmp.Or(spec.Scale, &ScaleSpec{Min: 1, Max: 5})
	sc.Labels, err = texts("label", sc.Labels)
	spec.Scale = &sc
	spec.defaultResults()
	return err
}

func (scale) check(spec *Spec) *Refusal {
	sc := spec.Scale
	const far = 1_000_000 // so that nothing overflows, and a point fits its place
	switch {
	case sc == nil || sc.Min < -far || sc.Max > far || sc.Min >= sc.Max || sc.Max-sc.Min > MaxSteps:
		return invalid("max must be 1 to %d above min", MaxSteps)
	case len(sc.Labels) != 0 && len(sc.Labels) != 2:
		return invalid("labels must be none or two, one for each end")
	}
	return checkResults(spec.Results)
}

func (scale) begin(a *activity) {
	a.votes = &votes{most: 1, first: a.Scale.Min, counts: make([]int, a.Scale.Max-a.Scale.Min+1)}
}

func (scale) item(a *activity, e *Entry) (Item, bool) {
	if e.Value == nil || e.Choice != nil || *e.Value < a.Scale.Min || *e.Value > a.Scale.Max {
		return Item{}, false
	}
	return VoteItem(1 << (*e.Value - a.Scale.Min)), true
}

func (scale) view(_ *State, a *activity, v *Activity) { v.Scale = a.Scale }

// Mean is the mean of the points of a scale to two decimals, rounded half away from
// zero; nil where the viewer may not see it, or there is no entry.
func (a *Activity) Mean() *float64 {
	sum, n := 0, 0
	for i, count := range a.Counts {
		sum += (a.Scale.Min + i) * count
		n += count
	}
	if n == 0 {
		return nil
	}
	mean := math.Round(100*float64(sum)/float64(n))/100 + 0 // +0, and never -0
	return &mean
}

func (scale) appendNumbers(dst []byte, v *Activity) []byte {
	dst = voting{}.appendNumbers(dst, v)
	if mean := v.Mean(); mean != nil {
		dst = strconv.AppendFloat(append(dst, `,"mean":`...), *mean, 'f', -1, 64)
	}
	return dst
}
