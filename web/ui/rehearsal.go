package ui

import "strings"

// mayRehearse: there is something to rehearse, and this is no rehearsal itself.
func (h Host) mayRehearse() bool { return h.Crowd == nil && len(h.Event.Activities) > 0 }

// allHold says that no promise was broken, so far or in the end.
func (c Crowd) allHold() string {
	if c.State == "left" {
		return "All checks held"
	}
	return "All " + itoa(c.Checks) + " checks hold"
}

// failures names the checks that failed, the first few of them.
func (c Crowd) failures() string {
	const few = 3
	if len(c.Failed) > few {
		return strings.Join(c.Failed[:few], "; ") + " and " + itoa(len(c.Failed)-few) + " more"
	}
	return strings.Join(c.Failed, "; ")
}

func (c Crowd) moreWord() string {
	if c.State == "left" || c.State == "none" {
		return "Fill it again"
	}
	return "More phones"
}
