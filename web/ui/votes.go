package ui

import (
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// voting is what kinds share whose participants vote and whose result is revealed.
type voting struct{}

func votingNames(kind, invitation string) names {
	return names{
		kind: kind, invitation: invitation, one: "vote", many: "votes",
		open: "Open voting", close: "Close voting",
	}
}

// ballot is what a phone shows of such an activity.
type ballot struct {
	most   int             // choices that one may have
	hint   string          // what a tap does
	class  string          // of the form
	form   templ.Component // its inputs, while the activity is open
	result templ.Component // below it
}

// votingWords are all words of such an activity; plan and rules say what it asks for,
// without who sees the counts.
func votingWords(a *event.Activity, plan, rules string) words {
	w := words{status: "Voting is closed", hint: "Thank you for voting", plan: a.Kind + " · " + plan, rules: rules + " · results live"}
	if a.Results == event.Hidden {
		w.plan += " · results hidden"
		w.rules = rules + " · results hidden until you reveal them"
	}
	switch {
	case a.State == event.Open:
		w.status, w.hint = "Voting is open", "You can change your vote until it closes"
	case a.State == event.Revealed:
		w.status = "The result"
	case a.Counts == nil:
		w.hint = "The result comes next"
	}
	switch {
	case a.State == event.Draft:
	case a.State == event.Revealed:
		w.note = "Everybody sees the result."
	case a.Results == event.Live:
		w.note = "Everybody sees the counts."
	default:
		w.note = "Only you see the counts until you reveal them."
	}
	return w
}

// scene is "bars" where the counts may be seen, or else "count": how many have voted.
func (voting) scene(a *event.Activity) string {
	if a.Counts == nil {
		return "count"
	}
	return "bars"
}

// votingStage is the board with the counts, or, while nobody may see them, with how many
// have voted, and on what.
func votingStage(e *Event, a *event.Activity, asked, counts templ.Component) templ.Component {
	if a.Counts == nil {
		counts = templ.Join(screenCount(a), asked)
	}
	return screenStage(e, a, counts)
}

func (voting) next(_ *Event, a *event.Activity) (act, bool) {
	return verb(a, event.CmdReveal, "Reveal the result", ""), a.State == event.Closed
}

func (voting) others(_ Host, a *event.Activity) (acts, _ []act) {
	if a.State == event.Closed {
		acts = append(acts, verb(a, event.CmdOpen, "Undo close", "u"))
	}
	if a.State == event.Revealed {
		return acts, nil
	}
	t := act{ID: "results-" + itoa(a.ID), Key: "h", Method: "PUT", Path: "/activities/" + itoa(a.ID) + "/results"}
	if a.Results == event.Live {
		t.Label, t.Body = "Hide results", `{"results":"hidden"}`
	} else {
		t.Label, t.Body = "Show results live", `{"results":"live"}`
	}
	return append(acts, t), nil
}

// countLine follows the count of a vote whose results are hidden.
func countLine(a *event.Activity) string {
	if a.State == event.Open {
		return "so far"
	}
	return "counted"
}

// closedWords head a vote that takes no entries any more, on a phone.
func closedWords(a *event.Activity) string {
	switch {
	case a.State == event.Revealed:
		return "The result"
	case a.Counts != nil:
		return "Voting is closed"
	default:
		return "Voting is closed. The result is about to be revealed."
	}
}

// chose reports whether the option is part of the phone's counted choice.
func (p Phone) chose(a *event.Activity, option int) bool {
	return slices.Contains(p.You.Choices[a.ID], option)
}

// mark is the state of an option on this phone: "counted" or "". The module adds
// "sending" and "kept" (taken while offline).
func (p Phone) mark(a *event.Activity, option int) string {
	if p.chose(a, option) {
		return "counted"
	}
	return ""
}

// markText says the mark in words.
func (p Phone) markText(a *event.Activity, option int) string {
	switch {
	case !p.chose(a, option):
		return ""
	case a.State == event.Open:
		return "✓ counted"
	default:
		return "✓ your vote"
	}
}
