package ui

import (
	"strconv"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// act is a button of the console that speaks to the API by itself: host.js sends
// Method, Path and Body and shows what comes back.
type act struct {
	ID     string // of the button: keeps focus and arming over a morph
	Label  string
	Detail string // a second line, in small
	Key    string // keyboard hint and shortcut: "t"
	Method string
	Path   string // below /api/v1/events/{code}
	Body   string // JSON, or ""
	Arm    string // what the button says after the first of two presses; "" = one press does it
	Opens  bool   // it opens an activity, so the chosen timer goes with it
	Brass  bool   // the moment of the draw
	Danger bool
	Add    bool   // asks for a first activity instead of speaking to the API
	Idle   string // why there is nothing to press; the button is disabled then
}

// attributes are what host.js reads off the button.
func (a act) attributes() templ.Attributes {
	switch {
	case a.Add:
		return templ.Attributes{"data-add": kindNames()[0]}
	case a.Idle != "":
		return templ.Attributes{"disabled": true}
	}
	attrs := templ.Attributes{"data-method": a.Method, "data-path": a.Path, "data-body": a.Body}
	if a.Arm != "" {
		attrs["data-arm"] = a.Arm
	}
	if a.Opens {
		attrs["data-opens"] = true
	}
	return attrs
}

// upNext is the draft that follows the current activity in the running order,
// or else the first draft there is; nil when all have been on.
func (h *Host) upNext() *event.Activity {
	passed := h.Event.onShow() == nil
	var first *event.Activity
	for _, a := range h.Event.activities() {
		switch {
		case a.ID == h.Event.Current:
			passed = true
		case a.State != event.Draft:
		case passed:
			return a
		case first == nil:
			first = a
		}
	}
	return first
}

// next is the one thing to press now: what space and a presenter's clicker do.
func (h *Host) next() act {
	a := h.Event.onShow()
	switch {
	case a == nil:
		return h.openNext("Open first")
	case a.State == event.Draft:
		return opening(a, namesOf(a).open, "")
	case a.State == event.Open:
		return verb(a, event.CmdClose, namesOf(a).close, "")
	}
	if step, ok := kinds[a.Kind].next(&h.Event, a); ok {
		return step
	}
	return h.openNext("Open next")
}

func (h *Host) openNext(label string) act {
	n := h.upNext()
	switch {
	case n != nil:
		return opening(n, label, n.Title)
	case len(h.Event.Activities) == 0:
		return act{Label: "Add your first " + kindNames()[0], Add: true}
	case h.Crowd != nil:
		return act{Label: "That was the last one", Idle: "Go through it again, or end the rehearsal."}
	default:
		return act{Label: "That was the last one", Idle: "Add another, or let people go."}
	}
}

// others are the further things that can be done to the current activity.
func (h *Host) others() []act {
	a := h.Event.onShow()
	if a == nil {
		return nil
	}
	var acts []act
	if _, runs := h.Event.closesIn(a); runs {
		e := verb(a, event.CmdExtend, "+30 s", "t")
		e.Body = `{"seconds":30}`
		acts = append(acts, e)
	}
	before, after := kinds[a.Kind].others(*h, a)
	acts = append(acts, before...)
	acts = append(acts, act{
		ID: "blank", Label: "Show join page", Key: "b", Method: "POST", Path: "/current", Body: `{"id":null}`,
	})
	acts = append(acts, after...)
	if reset := resetting(a); a.State != event.Draft && h.next().ID != reset.ID {
		acts = append(acts, reset)
	}
	return acts
}

func resetting(a *event.Activity) act {
	r := verb(a, event.CmdReset, "Reset …", "r")
	r.Danger = true
	r.Arm = "Sure? " + entriesLine(a) + plural(a.Entries, " goes", " go")
	return r
}

func verb(a *event.Activity, verb, label, key string) act {
	return act{
		ID: verb + "-" + itoa(a.ID), Label: label, Key: key,
		Method: "POST", Path: "/activities/" + itoa(a.ID) + "/" + verb, Body: "{}",
	}
}

func opening(a *event.Activity, label, detail string) act {
	o := verb(a, event.CmdOpen, label, "")
	o.Detail, o.Opens = detail, true
	return o
}

// itemLine is the second line of an entry in the running order.
func itemLine(a *event.Activity) string {
	if a.State == event.Draft {
		return kinds[a.Kind].words(a).plan
	}
	return a.State + " · " + entriesLine(a)
}

// place says which of the event's activities is on show: "2 of 4".
func place(e *Event) string {
	all := e.activities()
	for i, a := range all {
		if a.ID == e.Current {
			return itoa(i+1) + " of " + itoa(len(all))
		}
	}
	return itoa(len(all))
}

// hiddenBody toggles whether a participant's own name is shown.
func hiddenBody(hide bool) string { return `{"hidden":` + strconv.FormatBool(hide) + `}` }

// keptLine tells the host when the event and its results go by themselves.
func keptLine(k Kept) string {
	if k.Until == "" {
		return "Kept until you delete it."
	}
	return "Kept until " + k.Until + ", " + k.After + " after the last activity."
}
