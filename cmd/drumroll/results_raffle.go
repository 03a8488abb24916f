package main

import "drumroll/internal/contract"

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
