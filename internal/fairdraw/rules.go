package fairdraw

import (
	"fmt"
	"strconv"
	"strings"
)

// Rules say how many win what, and who of the frozen list cannot win. Whom they
// exclude is decided at the freeze, from the log.
type Rules struct {
	Again        bool     `json:"again"`         // who won in another raffle of the event may win here too
	TookPart     int      `json:"took_part"`     // the activity that one must have taken part in; 0: none
	JoinedBefore int      `json:"joined_before"` // Unix time in ms; who joined then or later cannot win; 0: no limit
	CheckedIn    bool     `json:"checked_in"`    // only who tapped "I'm here" can win
	Wanted       int      `json:"wanted"`        // winners of a draw that is no redraw
	Prizes       []string `json:"prizes"`        // the run's k-th draw that is no redraw is for prize k
}

// Reasons of skips: the first two come from the earlier draws of the same run,
// the others stand in the leaf as Unfit.
const (
	SkipWon     = "won before"
	SkipVoided  = "voided"
	SkipLate    = "joined too late"
	SkipNotHere = "not checked in"
	SkipBarred  = "barred"

	skipElsewhere = "won before, in draw "
	skipTookPart  = "did not take part in activity "
)

// SkipElsewhere is the reason of one who won in another raffle, in that draw.
func SkipElsewhere(draw int) string { return skipElsewhere + strconv.Itoa(draw) }

// SkipTookPart is the reason of one who had no part in an activity.
func SkipTookPart(activity int) string { return skipTookPart + strconv.Itoa(activity) }

// wonElsewhere is the draw that a leaf's reason names; 0 where it names none.
func wonElsewhere(unfit string) int {
	digits, is := strings.CutPrefix(unfit, skipElsewhere)
	draw, err := strconv.Atoi(digits)
	if !is || err != nil || draw < 1 || strconv.Itoa(draw) != digits {
		return 0
	}
	return draw
}

// lasting is a leaf's reason where every freeze of the run has the same, else "".
func lasting(unfit string) string {
	if unfit == SkipBarred || wonElsewhere(unfit) > 0 {
		return ""
	}
	return unfit
}

// unfitError says why a leaf's reason is none that the record's rules give.
func (r *Record) unfitError(unfit string) error {
	rules, ok := r.Freeze.Rules, false
	switch unfit {
	case "", SkipBarred:
		ok = true
	case SkipLate:
		ok = rules.JoinedBefore > 0
	case SkipNotHere:
		ok = rules.CheckedIn
	case SkipTookPart(rules.TookPart):
		ok = rules.TookPart > 0
	default:
		draw := wonElsewhere(unfit)
		ok = draw > 0 && draw < r.Draw && !rules.Again
	}
	if !ok {
		return fmt.Errorf("%q is no reason that the raffle's rules give", unfit)
	}
	return nil
}

func (m message) rules(r Rules) message {
	m = m.truth(r.Again).number(uint64(r.TookPart)).number(uint64(r.JoinedBefore)).truth(r.CheckedIn).
		number(uint64(r.Wanted)).number(uint64(len(r.Prizes)))
	for _, prize := range r.Prizes {
		m = m.text(prize)
	}
	return m
}
