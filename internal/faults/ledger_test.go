//go:build e2e

package faults

import (
	"time"

	"drumroll/internal/event"
)

// entry is what one participant submitted, and what became of it as far as the
// participant knows.
type entry struct {
	key
	sends    int       // that may have reached a node
	refusals int       // of them, answered "closed": certainly not counted
	acked    string    // counted, changed, unchanged; "": not acknowledged
	ticket   string    // of an acknowledged raffle entry
	first    time.Time // when it was sent first
}

// key tells entries apart. A participant without numbers (n = 0) may submit many
// entries with the same key.
type key struct {
	who      event.Participant
	activity int
	n        uint32
	choice   event.Choice
}

// unknown reports whether the entry may count although it was not acknowledged.
func (e *entry) unknown() bool { return e.acked == "" && e.sends > e.refusals }

// account is what a ledger says of all entries with one key.
type account struct {
	acked int // acknowledgements: so many must count
	most  int // no more can
}

// accounts sums up what the phones sent and were told.
func accounts(phones []*phone) map[key]account {
	out := map[key]account{}
	for _, p := range phones {
		for _, e := range p.entries {
			a := out[e.key]
			if e.acked != "" {
				a.acked++
			}
			a.most += e.sends - e.refusals
			out[e.key] = a
		}
	}
	return out
}

// standing is what may count for a participant in a poll: one of the choices;
// where none is allowed to be missing, must is set.
type standing struct {
	choices []event.Choice
	must    bool
}

// stands says what may count for a phone with numbers in an activity: its newest
// acknowledged choice, or one of those sent later whose outcome is unknown.
func (p *phone) stands(activity int) (s standing) {
	for _, e := range p.entries {
		switch {
		case e.activity != activity:
		case e.acked != "":
			s = standing{[]event.Choice{e.choice}, true}
		case e.unknown():
			s.choices = append(s.choices, e.choice)
		}
	}
	return s
}
