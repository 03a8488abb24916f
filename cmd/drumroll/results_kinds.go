package main

import "drumroll/internal/contract"

// resultsOf writes what there is of an activity below its heading, by kind. Of an export
// nobody knows who made it, so nothing is taken for granted.
var resultsOf = map[string]func(*table, *contract.Activity){
	contract.KindPoll:   (*table).poll,
	contract.KindRaffle: (*table).raffle,
	contract.KindScale:  (*table).scale,
}

func (t *table) poll(a *contract.Activity) {
	for i, n := range a.Counts[:min(len(a.Counts), len(a.Options))] {
		t.line("  %d\t%s\t%s", n, share(n, a.Entries), a.Options[i])
	}
}

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

func (t *table) raffle(a *contract.Activity) {
	if a.Raffle == nil {
		return
	}
	for _, w := range a.Winners {
		t.line("  draw %d\t%s\t%s\t%s", w.Draw, nameOf(&w), w.Ticket, w.Prize)
	}
	for _, v := range a.Voided {
		t.line("  draw %d\t%s\t%s\t%s", v.Draw, nameOf(&v.Winner), v.Ticket, notes(v.Prize, "voided: "+v.Reason))
	}
}

func nameOf(w *contract.Winner) string {
	if w.Name != "" {
		return w.Name + " (" + w.Handle + ")"
	}
	return w.Handle
}
