package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"text/tabwriter"
	"time"
)

// Report is one run.
type Report struct {
	Time    time.Time         `json:"time"`
	Machine map[string]string `json:"machine"`
	Rounds  int               `json:"rounds"`
	Quick   bool              `json:"quick"`
	Rows    []Row             `json:"rows"`
	// Faults are scenarios that could not be measured, with the reason.
	Faults []string `json:"faults,omitempty"`
}

// Failed names the budgets that were missed and the scenarios that failed.
func (r *Report) Failed() []string {
	failed := append([]string(nil), r.Faults...)
	for _, row := range r.Rows {
		if row.Verdict == Missed {
			failed = append(failed, fmt.Sprintf("%s: %s is %.2f of %s, %s", row.Scenario, row.Name, row.Ratio.Median, row.Against, row.Budget))
		}
	}
	return failed
}

// String is the budget as the table shows it.
func (b *Budget) String() string {
	if b == nil {
		return ""
	}
	sign := "≤"
	if b.AtLeast {
		sign = "≥"
	}
	return sign + " " + digits(b.Limit)
}

// Table prints the rows: medians, and the least and greatest ratio of the rounds.
func (r *Report) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\twhat\tours\tbaseline\t\tratio\tspread\tbudget\tverdict")
	for _, row := range r.Rows {
		theirs, ratio, spread := "", "", ""
		if row.Theirs.Rounds > 0 {
			theirs = digits(row.Theirs.Median) + " " + row.Unit
		}
		if row.Ratio.Rounds > 0 {
			ratio = digits(row.Ratio.Median)
		}
		if row.Ratio.Rounds > 1 {
			spread = digits(row.Ratio.Min) + "–" + digits(row.Ratio.Max)
		}
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Scenario, row.Name, digits(row.Ours.Median), row.Unit,
			row.Against, theirs, ratio, spread, row.Budget, row.Verdict)
	}
	for _, row := range r.Rows {
		if row.Note != "" {
			fmt.Fprintf(w, "%s, %s: %s\n", row.Scenario, row.Name, row.Note)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// digits writes a number with three significant digits, or whole.
func digits(v float64) string {
	decimals := 3
	switch a := math.Abs(v); {
	case v == 0, a >= 100:
		decimals = 0
	case a >= 10:
		decimals = 1
	case a >= 0.1:
		decimals = 2
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// Save writes the report as JSON.
func (r *Report) Save(path string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}
