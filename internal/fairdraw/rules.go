package fairdraw

import (
	"fmt"
	"strconv"
	"strings"
)

// Rules say who of the frozen list cannot win. They are fixed when the raffle
// opens; whom they exclude is decided at the freeze, from the log.
type Rules struct {
	Again        bool `json:"again"`         // who won in another raffle of the event may win here too
	TookPart     int  `json:"took_part"`     // the activity that one must have taken part in; 0: none
	JoinedBefore int  `json:"joined_before"` // Unix time in ms; who joined then or later cannot win; 0: no limit
	CheckedIn    bool `json:"checked_in"`    // only who tapped "I'm here" can win
}

// Reasons of skips. The first two the earlier draws of the same run bear out.
const (
	SkipWon     = "won before"
	SkipVoided  = "voided"
	SkipLate    = "joined too late"
	SkipNotHere = "not checked in"

	skipElsewhere = "won before, in draw "
	skipTookPart  = "did not take part in activity "
)

// SkipElsewhere is the reason of one who won in another raffle, in that draw.
func SkipElsewhere(draw int) string { return skipElsewhere + strconv.Itoa(draw) }

// SkipTookPart is the reason of one who had no part in an activity.
func SkipTookPart(activity int) string { return skipTookPart + strconv.Itoa(activity) }

// skipError says why a reason is none that the record's rules give.
func (r *Record) skipError(reason string) error {
	ok := false
	switch reason {
	case SkipWon, SkipVoided:
		ok = true
	case SkipLate:
		ok = r.Rules.JoinedBefore > 0
	case SkipNotHere:
		ok = r.Rules.CheckedIn
	case SkipTookPart(r.Rules.TookPart):
		ok = r.Rules.TookPart > 0
	default:
		if digits, is := strings.CutPrefix(reason, skipElsewhere); is {
			draw, err := strconv.Atoi(digits)
			ok = err == nil && strconv.Itoa(draw) == digits && draw >= 1 && draw < r.Draw && !r.Rules.Again
		}
	}
	if !ok {
		return fmt.Errorf("%q is no reason that the raffle's rules give", reason)
	}
	return nil
}

func (m message) truth(b bool) message {
	if b {
		return m.number(1)
	}
	return m.number(0)
}

func (m message) rules(r Rules) message {
	return m.truth(r.Again).number(uint64(r.TookPart)).number(uint64(r.JoinedBefore)).truth(r.CheckedIn)
}
