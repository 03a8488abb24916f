package report

import (
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name   string
		ratio  float64
		budget *Budget
		want   Verdict
	}{
		{"none", 9, nil, None},
		{"at most, on it", 1.25, AtMost(1.25), Met},
		{"at most, above", 1.26, AtMost(1.25), Missed},
		{"at least, on it", 1.25, AtLeast(1.25), Met},
		{"at least, below", 1.24, AtLeast(1.25), Missed},
	} {
		row := Compare("s", "n", "µs", []float64{c.ratio}, "x", []float64{1}, c.budget)
		if row.Verdict != c.want {
			t.Errorf("%s: %q, want %q", c.name, row.Verdict, c.want)
		}
	}
	if row := Compare("s", "n", "µs", nil, "x", nil, AtMost(1)); row.Verdict != Missed {
		t.Errorf("a budget without a figure is %q", row.Verdict)
	}
	if row := Amount("s", "n", "MB", 100, 90, 120, 99); row.Verdict != Met || row.Ratio.Median != 0.99 {
		t.Errorf("99 of 100 MB: %q, ratio %+v", row.Verdict, row.Ratio)
	}
}

func TestRatiosAreOfRounds(t *testing.T) {
	// Everything took twice as long in the second round, which the ratio ignores.
	row := Compare("s", "n", "µs", []float64{10, 20, 11}, "x", []float64{5, 10, 5}, nil)
	if r := row.Ratio; r.Median != 2 || r.Min != 2 || r.Max != 2.2 || r.Rounds != 3 {
		t.Errorf("ratio %+v", r)
	}
}

func TestFailedNamesTheRow(t *testing.T) {
	r := Report{Rows: []Row{
		Compare("http", "embedded: CPU", "µs", []float64{3}, "no-op", []float64{1}, AtMost(1.75)),
		Compare("http", "rate", "/s", []float64{3}, "no-op", []float64{1}, nil),
	}, Faults: []string{"ws: no server"}}
	failed := strings.Join(r.Failed(), "\n")
	if failed != "ws: no server\nhttp: embedded: CPU is 3.00 of no-op, ≤ 1.75" {
		t.Errorf("failed:\n%s", failed)
	}
}

func TestDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.01234: "0.012", 1.256: "1.26", 45.67: "45.7", 456.7: "457", 1234567: "1234567"} {
		if got := digits(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
