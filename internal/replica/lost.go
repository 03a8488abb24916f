package replica

import (
	"slices"

	"drumroll/internal/event"
)

// A log that loses its tail can take back what people have seen. The node that
// remembers says so in the log, until the fold shows that it has heard.

func (r *Replica) shown() (runs []event.ShownRun) {
	r.View(func(s *event.State) { runs = s.Shown() })
	return runs
}

// noteLost compares what was shown before the log was folded again with what is
// there now; the tail's goroutine only.
func (r *Replica) noteLost(before []event.ShownRun) {
	r.View(func(s *event.State) { r.lost = append(r.lost, s.Lost(before)...) })
}

// sayLost appends what the fold has not heard of yet. It is called again with every
// check of the log.
func (r *Replica) sayLost() {
	if len(r.lost) == 0 {
		return
	}
	r.View(func(s *event.State) {
		r.lost = slices.DeleteFunc(r.lost, func(c event.Command) bool { return s.Heard(&c) })
	})
	for _, c := range r.lost {
		// Not waited for: this is the goroutine that folds it. Should the Batcher be
		// full, the next check tries again.
		_ = r.batcher.Add(submission{command: &c})
	}
}
