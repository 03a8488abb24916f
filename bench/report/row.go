package report

import "slices"

// Stat is a figure over rounds.
type Stat struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"`
}

// Of sums up the figures of rounds; of none it is zero.
func Of(values []float64) Stat {
	if len(values) == 0 {
		return Stat{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Stat{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1], Rounds: n}
}

// Ratios divides round by round, so that what slowed a whole round down counts
// on both sides.
func Ratios(ours, theirs []float64) []float64 {
	var r []float64
	for i := range min(len(ours), len(theirs)) {
		if theirs[i] != 0 {
			r = append(r, ours[i]/theirs[i])
		}
	}
	return r
}

// Budget is what a ratio has to keep to.
type Budget struct {
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"at_least,omitempty"` // else at most
	// Soft: twice the figure is still no failure, for something else bounds it (the
	// design names which).
	Soft bool `json:"soft,omitempty"`
}

// AtMost is the budget of a ratio that must not be above a limit.
func AtMost(limit float64) *Budget { return &Budget{Limit: limit} }

// AtLeast is the budget of a ratio that must not be below one.
func AtLeast(limit float64) *Budget { return &Budget{Limit: limit, AtLeast: true} }

// Softly is AtMost for what something else may bound.
func Softly(limit float64) *Budget { return &Budget{Limit: limit, Soft: true} }

// Verdict is what came of a budget.
type Verdict string

// The verdicts. Only Missed fails a run.
const (
	None   Verdict = ""
	Met    Verdict = "met"
	Within Verdict = "within twice"
	Missed Verdict = "MISSED"
)

// Row is one comparison.
type Row struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Ours     Stat    `json:"ours"`
	Against  string  `json:"against"` // the baseline; or "budget", where the budget is an amount
	Theirs   Stat    `json:"theirs"`
	Ratio    Stat    `json:"ratio"`
	Budget   *Budget `json:"budget,omitempty"`
	Verdict  Verdict `json:"verdict,omitempty"`
	Note     string  `json:"note,omitempty"`
}

// Compare makes the row of figures that were measured in the same rounds.
func Compare(scenario, name, unit string, ours []float64, against string, theirs []float64, budget *Budget) Row {
	return Row{Scenario: scenario, Name: name, Unit: unit, Ours: Of(ours), Against: against, Theirs: Of(theirs),
		Ratio: Of(Ratios(ours, theirs)), Budget: budget}.Judged()
}

// Amount makes the row of a figure whose budget is an amount: the ratio is the
// share of it that is used.
func Amount(scenario, name, unit string, ours []float64, allowed float64, soft bool) Row {
	theirs := make([]float64, len(ours))
	for i := range theirs {
		theirs[i] = allowed
	}
	return Compare(scenario, name, unit, ours, "budget", theirs, &Budget{Limit: 1, Soft: soft})
}

// Judged is the row with its verdict: the median decides.
func (r Row) Judged() Row {
	r.Verdict = None
	if r.Budget == nil {
		return r
	}
	limit, value := r.Budget.Limit, r.Ratio.Median
	over := value / limit
	if r.Budget.AtLeast {
		over = limit / value
	}
	switch {
	case r.Ratio.Rounds == 0 || over > 1 && !r.Budget.Soft || over > 2 || over != over:
		r.Verdict = Missed
	case over > 1:
		r.Verdict = Within
	default:
		r.Verdict = Met
	}
	return r
}

// growthSlack is how much dearer each of k times as many may be before it is called worse
// than linear: caches alone cost something.
const growthSlack = 1.6

// Growth compares what one costs at rising sizes with what it costs at the smallest;
// the last is to be no dearer than the slack.
func Growth(scenario, name, unit string, small, large []float64) Row {
	return Compare(scenario, name, unit, large, "smallest", small, AtMost(growthSlack))
}
