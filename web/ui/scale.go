package ui

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// scale shows a vote on points from one end to another.
type scale struct{ voting }

func (scale) names() names { return votingNames("Scale", "a scale to answer on") }

func (scale) words(a *event.Activity) words {
	w := voting{}.words(a)
	w.plan = "scale · " + endsLine(a) + hiddenPlan(a)
	return w
}

func (scale) phone(p Phone, a *event.Activity, small bool) templ.Component {
	return votingPhone(p, a, small, ballot{
		most: 1, hint: "Tap a point. You can change it until it closes.", class: "points", form: scaleVote(p, a), result: scaleResult(p, a),
	})
}

func (scale) scene(a *event.Activity) string { return votingScene(a, "columns") }

func (scale) stage(e *Event, a *event.Activity) templ.Component {
	return screenStage(e, a, scaleBoard(a))
}
func (scale) console(_ *Event, a *event.Activity) templ.Component { return scaleConsole(a) }
func (scale) preview(a *event.Activity) templ.Component           { return scalePreview(a) }
func (scale) dialog() templ.Component                             { return scaleDialog() }

// point is one point of a scale and, where counts are shown, who chose it.
type point struct {
	index, value, count int
	height              string // of its column; the highest one is "100.00%"
}

func pointsOf(a *event.Activity) []point {
	points := make([]point, a.Scale.Max-a.Scale.Min+1)
	for i := range points {
		points[i] = point{index: i, value: a.Scale.Min + i}
		if a.Counts != nil {
			points[i].count, points[i].height = a.Counts[i], share(a.Counts[i], slices.Max(a.Counts))
		}
	}
	return points
}

// meanText is the mean in two decimals, a dash without any.
func meanText(a *event.Activity) string {
	hundredths, ok := a.Mean()
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(float64(hundredths)/100, 'f', 2, 64)
}

// endsLine is "1 to 5".
func endsLine(a *event.Activity) string { return itoa(a.Scale.Min) + " to " + itoa(a.Scale.Max) }

// pointsAbreast is how many points stand in a row of a narrow phone.
func pointsAbreast(points []point) string {
	n := len(points)
	if n > 6 {
		n = (n + 1) / 2
	}
	return "cols-" + itoa(n)
}

// said is the phone's own point and what has become of it, in words.
func (p Phone) said(a *event.Activity) string {
	own := p.You.Choices[a.ID]
	if len(own) == 0 {
		return ""
	}
	return itoa(own[0]) + ": " + p.markText(a, own[0])
}
