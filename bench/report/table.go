package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
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
	// Series are the points of figures, by name.
	Series map[string]any `json:"series,omitempty"`
	// Faults are scenarios that could not be measured.
	Faults []string `json:"faults,omitempty"`
}

// Failed names what was missed and what could not be measured.
func (r *Report) Failed() []string {
	failed := append([]string(nil), r.Faults...)
	for _, row := range r.Rows {
		if row.Verdict == Missed {
			failed = append(failed, fmt.Sprintf("%s: %s is %.2f of %s, %s", row.Scenario, row.Name, row.Ratio.Median, row.Against, row.Budget))
		}
	}
	return failed
}

// String is the budget in words.
func (b *Budget) String() string {
	if b == nil {
		return ""
	}
	sign := "≤"
	if b.AtLeast {
		sign = "≥"
	}
	return sign + " " + figure(b.Limit)
}

// Table prints the rows: median, and least to most of the rounds' ratios.
func (r *Report) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\twhat\tours\tbaseline\t\tratio\tspread\tbudget\tverdict")
	rows, last := slices.Clone(r.Rows), ""
	first := map[string]int{} // scenarios stand in the order in which they came
	for i, row := range rows {
		if _, ok := first[row.Scenario]; !ok {
			first[row.Scenario] = i
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(first[a.Scenario], first[b.Scenario]) })
	for _, row := range rows {
		scenario := row.Scenario
		if scenario == last {
			scenario = ""
		}
		last = row.Scenario
		theirs, ratio, spread := "", "", ""
		if row.Theirs.Rounds > 0 {
			theirs = figure(row.Theirs.Median) + " " + row.Unit
		}
		if row.Ratio.Rounds > 0 {
			ratio = figure(row.Ratio.Median)
		}
		if row.Ratio.Rounds > 1 {
			spread = figure(row.Ratio.Min) + "–" + figure(row.Ratio.Max)
		}
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\t%s\n", scenario, row.Name, figure(row.Ours.Median), row.Unit,
			row.Against, theirs, ratio, spread, row.Budget, row.Verdict)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, row := range rows {
		if row.Note != "" {
			if _, err := fmt.Fprintf(out, "%s, %s: %s\n", row.Scenario, row.Name, row.Note); err != nil {
				return fmt.Errorf("print: %w", err)
			}
		}
	}
	return nil
}

// figure has three digits that count.
func figure(v float64) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case a >= 10_000:
		return thousands(fmt.Sprintf("%.0f", v))
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func thousands(s string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
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
