package rehearse

import (
	"time"

	"drumroll/internal/contract"
)

// behaviour is what phones do in activities of one kind, and how what they are told is
// checked. Of a phone's methods, those with a phone or a part are called with its mu held.
type behaviour interface {
	// verb begins the kind's line of a script; usual is what a friendly audience does.
	verb() string
	usual() Taking
	// places is how many places of an activity's counts entries name, by their numbers from
	// first on.
	places(a *contract.Activity) (first, places int)
	// fill sets the kind's members of an entry.
	fill(e *contract.Entry, p *phone, r *part, c choice)
	// counts is how many places of an activity's counts one entry can move.
	counts(a *contract.Activity) int
	// accepted takes an acknowledgement of an entry that counts.
	accepted(p *phone, r *part, ack *contract.Ack)
	// compare holds what a state says of the phone against what the phone knows.
	compare(p *phone, r *part, a *contract.Activity, y *contract.You, now time.Time)
}

// kinds are those in which phones take part; in others they do nothing.
var kinds = map[string]behaviour{
	contract.KindPoll:   poll{},
	contract.KindRaffle: raffle{},
	contract.KindScale:  scale{},
}

// maxPlaces is how many places counts have at most.
const maxPlaces = 50

// countsMoved is how many places of an activity's counts one entry can move; nil: of an
// activity that is not known.
func countsMoved(a *contract.Activity) int {
	if a != nil {
		if kind, known := kinds[a.Kind]; known {
			return max(1, kind.counts(a))
		}
	}
	return maxPlaces
}

// compareChoiceLocked holds the entry that a state shows as the phone's against its own.
func (p *phone) compareChoiceLocked(r *part, a *contract.Activity, entry []int, now time.Time) {
	first, _ := r.does.places(a)
	got := choiceOf(entry, first)
	switch {
	case r.acked && got == r.choice, r.isMaybe(got), got == 0 && !r.acked:
	case r.acked && got == 0:
		p.lostLocked(r, a, now)
	case r.acked:
		p.c.checks.fail(checkKept, "phone %d chose %v in activity %d, which was acknowledged, and is told %v", p.no, r.choice.places(), a.ID, got.places())
	default:
		p.c.checks.fail(checkForeign, "phone %d is told that it chose %v in activity %d", p.no, got.places(), a.ID)
	}
}
