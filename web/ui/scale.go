package ui

import (
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// scale shows a vote on points from one end to another.
type scale struct{ voting }

func (scale) names() names { return votingNames("Scale", "a scale to answer on") }

func (scale) words(a *event.Activity) words {
	ends := fmt.Sprintf("%d to %d", a.Scale.Min, a.Scale.Max)
	w := votingWords(a, ends, ends)
	if a.State == event.Draft {
		w.note = w.rules
	}
	return w
}

func (scale) phone(p Phone, a *event.Activity, small bool) templ.Component {
	return votingPhone(p, a, small, ballot{
		most: 1, hint: "Tap a point. You can change it until it closes.", class: "points", form: scaleVote(p, a), result: scaleResult(p, a),
	})
}

func (scale) scene(a *event.Activity) string { return votingScene(a, "columns") }

func (scale) stage(e *Event, a *event.Activity) templ.Component {
	if a.Counts == nil {
		return screenStage(e, a, templ.Join(screenCount(a), scaleEnds(a)))
	}
	return screenStage(e, a, scaleColumns(Phone{}, a))
}

func (scale) console(_ *Event, a *event.Activity) templ.Component {
	if a.State == event.Draft {
		return scaleEnds(a)
	}
	return templ.Join(consoleSum(a), scaleColumns(Phone{}, a))
}

func (scale) preview(a *event.Activity) templ.Component { return scaleEnds(a) }
func (scale) dialog() templ.Component                   { return scaleDialog() }

// pointCounts are the entries for each point from the first; none where they are
// not shown.
func pointCounts(a *event.Activity) []int {
	return append(slices.Clone(a.Counts), make([]int, a.Scale.Max-a.Scale.Min+1-len(a.Counts))...)
}

// meanText is the mean in two decimals, a dash without any.
func meanText(a *event.Activity) string {
	if hundredths, ok := a.Mean(); ok {
		return fmt.Sprintf("%.2f", float64(hundredths)/100)
	}
	return "–"
}
