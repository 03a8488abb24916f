package event

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

func (scale) normalize(spec *Spec) error {
	sc := ScaleSpec{Min: 1, Max: 5}
	if spec.Scale != nil {
		sc = *spec.Scale
	}
	var err error
	if sc.Labels, err = texts("label", sc.Labels); err != nil {
		return err
	}
	spec.Scale = &sc
	spec.defaultResults()
	return nil
}

func (scale) check(spec *Spec) *Refusal {
	sc := spec.Scale
	const far = 1_000_000 // so that nothing overflows, and a point fits its place
	switch {
	case sc == nil || sc.Min < -far || sc.Max > far || sc.Max-sc.Min < 1 || sc.Max-sc.Min > MaxSteps:
		return invalid("max must be 1 to %d above min", MaxSteps)
	case len(sc.Labels) != 0 && len(sc.Labels) != 2:
		return invalid("labels must be none or two, one for each end")
	}
	return checkResults(spec.Results)
}

func (scale) begin(a *activity) {
	a.votes = &votes{most: 1, counts: make([]int, a.Scale.Max-a.Scale.Min+1)}
}

func (scale) item(a *activity, e *Entry) (Item, bool) {
	if e.Value == nil || e.Choice != nil || *e.Value < a.Scale.Min || *e.Value > a.Scale.Max {
		return Item{}, false
	}
	return VoteItem(1 << (*e.Value - a.Scale.Min)), true
}

// you tells the point itself, not its place.
func (scale) you(a *activity, who uint32, y *You) {
	voting{}.you(a, who, y)
	if c := y.Choices[a.id]; c != nil {
		c[0] += a.Scale.Min
	}
}
