//go:build e2e

package faults

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// table gathers the runs and is printed at the end.
type table struct {
	mu   sync.Mutex
	rows []row
}

// row is one run.
type row struct {
	fault                          string
	acked, inFlight, lost, doubled int
	again                          time.Duration
	failed                         bool
}

func (t *table) add(r *run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, row{r.fault.name, r.acked, r.inFlight, r.lost, r.doubled, r.again, r.t.Failed()})
}

// print writes one line a fault: sums, and of the seconds until every node
// acknowledges new entries again the median and the worst.
func (t *table) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortStableFunc(t.rows, func(a, b row) int { return cmp.Compare(a.fault, b.fault) })
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nfault\truns\tfailed\tacknowledged\tin flight\tlost\tdoubled\taccepting again after (median, worst)")
	for rest := t.rows; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(r row) bool { return r.fault != rest[0].fault })
		if n < 0 {
			n = len(rest)
		}
		sum := row{fault: rest[0].fault}
		failed := 0
		var again []time.Duration
		for _, r := range rest[:n] {
			sum.acked += r.acked
			sum.inFlight += r.inFlight
			sum.lost += r.lost
			sum.doubled += r.doubled
			again = append(again, r.again)
			if r.failed {
				failed++
			}
		}
		slices.Sort(again)
		seconds := "-" // nothing stopped
		if worst := again[len(again)-1]; worst > 0 {
			seconds = fmt.Sprintf("%.1f s, %.1f s", again[len(again)/2].Seconds(), worst.Seconds())
		}
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", sum.fault, n, failed, sum.acked, sum.inFlight, sum.lost, sum.doubled, seconds)
		rest = rest[n:]
	}
	if err := out.Flush(); err != nil {
		panic(err) // standard output is gone
	}
}
