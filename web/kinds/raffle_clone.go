package kinds

import (
	"time"

	"drumroll/internal/event"
)

// Alone is a spec without what names another activity, or a moment before a crowd
// comes: nobody could win.
func Alone(spec event.Spec, comes time.Time) event.Spec {
	if spec.Raffle == nil {
		return spec
	}
	raffle := *spec.Raffle
	raffle.Eligible.TookPart = 0
	if raffle.Eligible.JoinedBefore < uint64(comes.UnixMilli()) {
		raffle.Eligible.JoinedBefore = 0
	}
	spec.Raffle = &raffle
	return spec
}

// Renumbered is a spec with the new id of the activity that it names; false where it
// names none.
func Renumbered(spec event.Spec, ids map[int]int) (event.Spec, bool) {
	if spec.Raffle == nil {
		return spec, false
	}
	part, known := ids[spec.Raffle.Eligible.TookPart]
	if !known {
		return spec, false
	}
	raffle := *spec.Raffle
	raffle.Eligible.TookPart, raffle.Eligible.JoinedBefore = part, 0
	spec.Raffle = &raffle
	return spec, true
}
