package ui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

type poll struct{ voting }

func (poll) names() names { return votingNames("Poll", "a question to vote on") }

func (poll) words(a *event.Activity) words {
	n, most := len(a.Poll.Options), a.Poll.MaxChoices
	rules := "One choice"
	if most > 1 {
		rules = "Up to " + itoa(most) + " choices"
	}
	w := votingWords(a, itoa(n)+plural(n, " option", " options"), rules)
	if a.State == event.Open && most > 1 {
		w.hint = fmt.Sprintf("Choose up to %d. You can change it until it closes", most)
	}
	return w
}

func (poll) phone(p Phone, a *event.Activity, small bool) templ.Component {
	b := ballot{most: a.Poll.MaxChoices, hint: "Tap one. You can change it until it closes.", class: "ballot", form: pollVote(p, a), result: templ.NopComponent}
	if b.most > 1 {
		b.hint = "Pick up to " + itoa(b.most) + ". You can change them until it closes."
	}
	if len(a.Poll.Options) > 6 {
		b.class = "ballot many" // smaller cards, so that a thumb has less to scroll
	}
	if a.State != event.Open {
		b.result = phoneResult(p, a, rankedOptions(a))
	}
	return votingPhone(p, a, small, b)
}

func (poll) stage(e *Event, a *event.Activity) templ.Component {
	return votingStage(e, a, pollChoices(a), pollBars(a))
}

func (poll) console(_ *Event, a *event.Activity) templ.Component { return pollConsole(a) }

func (poll) preview(a *event.Activity) templ.Component { return pollPreview(a) }

func (poll) dialog() templ.Component { return pollDialog() }

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
func spread(options int) string { return sizeClass("spread-", options, 2, 4, 6, 12, 50) }

func optionID(a *event.Activity, o option) string { return "o" + itoa(a.ID) + "-" + itoa(o.index) }
