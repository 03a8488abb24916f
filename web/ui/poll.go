package ui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

type poll struct{}

func (poll) names() names {
	return names{
		kind: "Poll", invitation: "a question to vote on", one: "vote", many: "votes",
		open: "Open voting", close: "Close voting",
	}
}

func (poll) words(a *event.Activity) words {
	w := votingWords(a)
	if a.State == event.Open && a.Poll.MaxChoices > 1 {
		w.hint = fmt.Sprintf("Choose up to %d. You can change it until it closes", a.Poll.MaxChoices)
	}
	n := len(a.Poll.Options)
	w.plan = "poll · " + itoa(n) + plural(n, " option", " options")
	if a.Results == event.Hidden {
		w.plan += " · results hidden"
	}
	return w
}

func (poll) phone(p Phone, a *event.Activity, small bool) templ.Component {
	return pollPhone(p, a, small)
}

func (poll) scene(a *event.Activity) string { return votingScene(a, "bars") }

func (poll) stage(e *Event, a *event.Activity) templ.Component {
	if a.Counts == nil {
		return screenStage(e, a, pollCount(a))
	}
	return screenStage(e, a, pollBars(a))
}

func (poll) console(_ *Event, a *event.Activity) templ.Component { return pollConsole(a) }

func (poll) preview(a *event.Activity) templ.Component { return pollPreview(a) }

func (poll) dialog() templ.Component { return pollDialog() }

func (poll) next(_ *Event, a *event.Activity) (act, bool) { return votingNext(a) }

func (poll) others(_ Host, a *event.Activity) (before, after []act) {
	return votingOthers(a), nil
}

// What polls share with other kinds whose result is revealed.

func votingWords(a *event.Activity) words {
	w := words{status: "Voting is closed", hint: "Thank you for voting"}
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

// votingScene is shown where the counts may be seen, or else "count": how many
// have voted.
func votingScene(a *event.Activity, shown string) string {
	if a.Counts == nil {
		return "count"
	}
	return shown
}

func votingNext(a *event.Activity) (act, bool) {
	return verb(a, event.CmdReveal, "Reveal the result", ""), a.State == event.Closed
}

func votingOthers(a *event.Activity) []act {
	var acts []act
	if a.State == event.Closed {
		acts = append(acts, verb(a, event.CmdOpen, "Undo close", "u"))
	}
	if a.State == event.Revealed {
		return acts
	}
	t := act{ID: "results-" + itoa(a.ID), Key: "h", Method: "PUT", Path: "/activities/" + itoa(a.ID) + "/results"}
	if a.Results == event.Live {
		t.Label, t.Body = "Hide results", `{"results":"hidden"}`
	} else {
		t.Label, t.Body = "Show results live", `{"results":"live"}`
	}
	return append(acts, t)
}

// countLine follows the count of a vote whose results are hidden.
func countLine(a *event.Activity) string {
	if a.State == event.Open {
		return "so far"
	}
	return "counted"
}

// option is one answer of a poll and what it has been given so far, where counts
// are shown.
type option struct {
	index        int
	letter, text string
	count        int
	percent      int  // of entries, rounded
	leading      bool // most votes; several where tied
}

func optionsOf(a *event.Activity) []option {
	options := make([]option, len(a.Poll.Options))
	most := 1
	for _, n := range a.Counts {
		most = max(most, n)
	}
	for i, text := range a.Poll.Options {
		options[i] = option{index: i, letter: Letter(i), text: text}
		if a.Counts != nil {
			n := a.Counts[i]
			options[i].count, options[i].percent, options[i].leading = n, percent(n, a.Entries), n == most
		}
	}
	return options
}

// rankedOptions are the options as the board lists them: in their own order, or,
// where they need several pages, the most chosen ones first.
func rankedOptions(a *event.Activity) []option {
	options := optionsOf(a)
	if len(options) > 12 && a.Counts != nil {
		slices.SortStableFunc(options, func(x, y option) int { return cmp.Compare(y.count, x.count) })
	}
	return options
}

func leadingWord(options []option) string {
	leading := 0
	for _, o := range options {
		if o.leading {
			leading++
		}
	}
	if leading > 1 {
		return "tied for most"
	}
	return "most votes"
}

// spread names how many options share the board: a column, two, or a list
// that turns its pages.
func spread(options int) string {
	switch {
	case options <= 2:
		return "spread-2"
	case options <= 4:
		return "spread-4"
	case options <= 6:
		return "spread-6"
	case options <= 12:
		return "spread-12"
	default:
		return "spread-50"
	}
}

// pollHint says what a tap does.
func pollHint(a *event.Activity) string {
	if a.Poll.MaxChoices > 1 {
		return "Pick up to " + itoa(a.Poll.MaxChoices) + ". You can change them until it closes."
	}
	return "Tap one. You can change it until it closes."
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

// manyOptions asks for smaller cards, so that a thumb has less to scroll.
func manyOptions(a *event.Activity) string {
	if len(a.Poll.Options) > 6 {
		return "many"
	}
	return ""
}

func optionID(a *event.Activity, o option) string { return "o" + itoa(a.ID) + "-" + itoa(o.index) }

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

// pollRules says in a line what a poll asks for.
func pollRules(a *event.Activity) string {
	rules := "One choice"
	if a.Poll.MaxChoices > 1 {
		rules = "Up to " + itoa(a.Poll.MaxChoices) + " choices"
	}
	return rules + resultsRule(a.Results)
}

func resultsRule(results string) string {
	if results == event.Hidden {
		return " · results hidden until you reveal them"
	}
	return " · results live"
}
