package ui

import (
	"cmp"
	"slices"

	"drumroll/internal/event"
)

// The personal part of a phone: the same questions are answered in
// static/js/src/personal.js for frames, whose html is the same for everybody.

// entered reports whether the phone's own entry counts in the activity's run.
func (p Phone) entered(a *event.Activity) bool {
	return p.You.Tickets[a.ID] != "" || len(p.You.Choices[a.ID]) > 0
}

// stageOutcome turns the whole page brass when the activity on show was won.
func (p Phone) stageOutcome() string {
	if a := p.Event.onShow(); a != nil {
		return p.outcome(a)
	}
	return "none"
}

// others are the open activities except the one on show.
func (p Phone) others() []*event.Activity {
	return slices.DeleteFunc(p.Event.activities(), func(a *event.Activity) bool {
		return a.State != event.Open || a.ID == p.Event.Current
	})
}

// otherWins are the short codes of tickets that won in activities not on show:
// a winner keeps them at hand when the host has moved on.
func (p Phone) otherWins() []string {
	var short []string
	for _, w := range p.You.Won {
		if w.Activity != p.Event.Current {
			short = append(short, shortTicket(w.Ticket))
		}
	}
	slices.Sort(short)
	return short
}

// shownName is what the phone calls its owner.
func (p Phone) shownName() string { return cmp.Or(p.You.Name, p.You.Handle) }
