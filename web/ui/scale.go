package ui

import (
	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// scale shows a vote on points from one end to another.
type scale struct{ voting }

func (scale) names() names { return votingNames("Scale", "a scale to answer on") }

func (scale) words(a *event.Activity) words {
	ends := itoa(a.Scale.Min) + " to " + itoa(a.Scale.Max)
	return votingWords(a, ends, ends)
}

func (scale) phone(p Phone, a *event.Activity, small bool) templ.Component {
	return votingPhone(p, a, small, ballot{
		most: 1, hint: "Tap a point. You can change it until it closes.", class: "points", form: scaleVote(p, a), result: scaleResult(p, a),
	})
}

func (scale) stage(e *Event, a *event.Activity) templ.Component {
	return votingStage(e, a, scaleEnds(a), scaleColumns(Phone{}, a))
}

func (scale) console(_ *Event, a *event.Activity) templ.Component {
	return templ.Join(consoleSum(a), scaleColumns(Phone{}, a))
}

func (scale) preview(a *event.Activity) templ.Component { return scaleEnds(a) }
func (scale) dialog() templ.Component                   { return scaleDialog() }
