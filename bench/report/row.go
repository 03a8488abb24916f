// Package report holds the rows of a benchmark: what was measured of Drumroll and of
// a baseline in the same rounds, their ratio with its spread, the budget and the
// verdict; as a table and as JSON.
package report

import "slices"

// Stat sums up a figure over rounds.
type Stat struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"`
}

// StatOf sums up the figures of rounds. Of none it is zero.
func StatOf(figures []float64) Stat {
	if len(figures) == 0 {
		return Stat{}
	}
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return Stat{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1], Rounds: n}
}

// ratios divides round by round, so that what slowed a whole round down counts on
// both sides.
func ratios(ours, theirs []float64) []float64 {
	var r []float64
	for i := range min(len(ours), len(theirs)) {
		if theirs[i] != 0 {
			r = append(r, ours[i]/theirs[i])
		}
	}
	return r
}

// Budget limits a ratio.
type Budget struct {
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"at_least,omitempty"` // else at most
}

// AtMost is the budget of a ratio that must not exceed a limit.
func AtMost(limit float64) *Budget { return &Budget{Limit: limit} }

// AtLeast is the budget of a ratio that must not fall below a limit.
func AtLeast(limit float64) *Budget { return &Budget{Limit: limit, AtLeast: true} }

func (b *Budget) keeps(ratio float64) bool {
	if b.AtLeast {
		return ratio >= b.Limit
	}
	return ratio <= b.Limit
}

// Verdict says whether a budget was kept.
type Verdict string

// The verdicts. Rows without a budget have none; a missed budget fails the run.
const (
	None   Verdict = ""
	Met    Verdict = "met"
	Missed Verdict = "MISSED"
)

// Row is one comparison.
type Row struct {
	Scenario string  `json:"scenario"`
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Ours     Stat    `json:"ours"`
	Against  string  `json:"against,omitempty"` // the baseline, or "budget"
	Theirs   Stat    `json:"theirs"`
	Ratio    Stat    `json:"ratio"`
	Budget   *Budget `json:"budget,omitempty"`
	Verdict  Verdict `json:"verdict,omitempty"`
	Note     string  `json:"note,omitempty"`
}

// Figure makes a row without baseline and budget.
func Figure(scenario, name, unit string, ours ...float64) Row {
	return Row{Scenario: scenario, Name: name, Unit: unit, Ours: StatOf(ours)}
}

// Compare makes a row of figures that were measured in the same rounds. The median
// of the ratios decides about the verdict.
func Compare(scenario, name, unit string, ours []float64, against string, theirs []float64, budget *Budget) Row {
	row := Figure(scenario, name, unit, ours...)
	row.Against, row.Theirs, row.Ratio, row.Budget = against, StatOf(theirs), StatOf(ratios(ours, theirs)), budget
	switch {
	case budget == nil:
	case row.Ratio.Rounds > 0 && budget.keeps(row.Ratio.Median):
		row.Verdict = Met
	default:
		row.Verdict = Missed
	}
	return row
}

// Amount makes a row whose budget is an amount. The ratio is the share of it that is
// used.
func Amount(scenario, name, unit string, allowed float64, ours ...float64) Row {
	return Compare(scenario, name, unit, ours, "budget", slices.Repeat([]float64{allowed}, len(ours)), AtMost(1))
}

// With adds a note, which is printed below the table.
func (r Row) With(note string) Row {
	r.Note = note
	return r
}
