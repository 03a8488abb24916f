package main

import (
	"strings"

	"drumroll/internal/contract"
)

func (t *table) scale(a *contract.Activity) {
	if a.Scale == nil {
		return
	}
	for i, n := range a.Counts {
		t.line("  %d\t%s\t%d", n, share(n, a.Entries), a.Min+i)
	}
	if a.Mean != nil {
		t.line("  mean\t\t%.2f\t%s", *a.Mean, strings.Join(a.Labels, " … "))
	}
}
