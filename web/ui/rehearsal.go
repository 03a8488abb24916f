package ui

import (
	"math"
	"strings"

	"drumroll/internal/contract"
)

// mayRehearse: there is something to rehearse, and this is no rehearsal itself.
func (h Host) mayRehearse() bool { return h.Crowd == nil && len(h.Event.Activities) > 0 }

// allHold says that no promise was broken, so far or in the end.
func allHold(c contract.Rehearsal) string {
	if c.State == "left" {
		return "All checks held"
	}
	return "All " + itoa(c.Checks) + " checks hold"
}

// failures names the checks that failed, the first few of them.
func failures(c contract.Rehearsal) string {
	const few = 3
	var names []string
	for _, check := range c.Failed[:min(len(c.Failed), few)] {
		names = append(names, check.Name)
	}
	if more := len(c.Failed) - few; more > 0 {
		return strings.Join(names, "; ") + " and " + itoa(more) + " more"
	}
	return strings.Join(names, "; ")
}

func moreWord(c contract.Rehearsal) string {
	if c.State == "left" || c.State == "none" {
		return "Fill it again"
	}
	return "More phones"
}

// wholeMS writes milliseconds, rounded up.
func wholeMS(ms float64) string { return grouped(int(math.Ceil(ms))) }
