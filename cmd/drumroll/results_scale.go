package main

import "drumroll/internal/contract"

func (t *table) scale(a *contract.Activity) {
	if a.Scale == nil {
		return
	}
	labels := make([]string, len(a.Counts))
	if len(a.Labels) == 2 && len(a.Counts) > 1 {
		labels[0], labels[len(labels)-1] = a.Labels[0], a.Labels[1]
	}
	for i, n := range a.Counts {
		t.line("  %d\t%s\t%d\t%s", n, share(n, a.Entries), a.Min+i, labels[i])
	}
	if a.Mean != nil {
		t.line("  mean\t\t%.2f", *a.Mean)
	}
}
