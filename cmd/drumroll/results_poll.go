package main

import "drumroll/internal/contract"

func (t *table) poll(a *contract.Activity) {
	for i, n := range a.Counts[:min(len(a.Counts), len(a.Options))] {
		t.line("  %d\t%s\t%s", n, share(n, a.Entries), a.Options[i])
	}
}
