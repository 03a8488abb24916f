package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"
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
		return templ.Attributes{"data-add": "poll"}
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
func (h Host) upNext() *Activity {
	passed := h.Event.Current == nil
	var first *Activity
	for i := range h.Event.Activities {
		a := &h.Event.Activities[i]
		if h.Event.Current != nil && a.ID == h.Event.Current.ID {
			passed = true
			continue
		}
		if a.State != "draft" {
			continue
		}
		if passed {
			return a
		}
		if first == nil {
			first = a
		}
	}
	return first
}

// next is the one thing to press now: what space and a presenter's clicker do.
func (h Host) next() act {
	a := h.Event.Current
	if a == nil {
		return h.openNext("Open first")
	}
	switch {
	case a.State == "draft":
		return opening(a, openWord(a), "")
	case a.State == "open" && a.Kind == "poll":
		return verb(a, "close", "Close voting", "")
	case a.State == "open":
		return verb(a, "close", "Close the raffle", "")
	case a.State == "closed" && a.Kind == "poll":
		return verb(a, "reveal", "Reveal the result", "")
	case a.Abandoned:
		return resetting(a)
	case a.Pending != nil:
		return act{Label: "The draw comes by itself", Idle: "It waits for round " + itoa(a.Pending.Round) + " of the public beacon."}
	case a.State == "closed" && a.Entries > 0, a.morePrizes():
		d := drawing(a, drawWord(a))
		if len(a.Prizes) > 1 && a.NextPrize > 0 {
			d.Detail = a.Prizes[a.NextPrize-1]
		}
		return d
	default:
		return h.openNext("Open next")
	}
}

func (h Host) openNext(label string) act {
	n := h.upNext()
	switch {
	case n != nil:
		return opening(n, label, n.Title)
	case len(h.Event.Activities) == 0:
		return act{Label: "Add your first poll", Add: true}
	case h.Crowd != nil:
		return act{Label: "That was the last one", Idle: "Go through it again, or end the rehearsal."}
	default:
		return act{Label: "That was the last one", Idle: "Add another, or let people go."}
	}
}

// others are the further things that can be done to the current activity.
func (h Host) others() []act {
	a := h.Event.Current
	if a == nil {
		return nil
	}
	var acts []act
	if a.State == "open" && a.HasDeadline {
		e := verb(a, "extend", "+30 s", "t")
		e.Body = `{"seconds":30}`
		acts = append(acts, e)
	}
	if a.Kind == "poll" && a.State == "closed" {
		acts = append(acts, verb(a, "open", "Undo close", "u"))
	}
	if a.Kind == "raffle" && a.State == "drawn" && a.Eligible > 0 && a.Pending == nil && !a.Abandoned && !a.morePrizes() {
		d := drawing(a, "Draw again")
		d.Key = "n"
		d.Label = "Draw the next one"
		if a.WinnersWanted > 1 {
			d.Label = "Draw the next " + itoa(a.WinnersWanted)
		}
		acts = append(acts, d)
	}
	if a.Kind == "poll" && a.State != "revealed" {
		t := act{ID: "results-" + itoa(a.ID), Key: "h", Method: "PUT", Path: "/activities/" + itoa(a.ID) + "/results"}
		if a.Results == "live" {
			t.Label, t.Body = "Hide results", `{"results":"hidden"}`
		} else {
			t.Label, t.Body = "Show results live", `{"results":"live"}`
		}
		acts = append(acts, t)
	}
	acts = append(acts, act{
		ID: "blank", Label: "Show join page", Key: "b", Method: "POST", Path: "/current", Body: `{"id":null}`,
	})
	if a.morePrizes() && a.Pending == nil {
		if n := h.upNext(); n != nil {
			acts = append(acts, opening(n, "Leave the other prizes, open next", ""))
		}
	}
	if a.Beacon && !a.Abandoned && (a.State == "closed" || a.State == "drawn") && (a.Pending != nil || a.State == "closed") {
		g := verb(a, "abandon", "Give up this list …", "")
		g.Danger = true
		g.Arm = "Sure? It stays in the public history"
		acts = append(acts, g)
	}
	if a.State != "draft" && !a.Abandoned {
		acts = append(acts, resetting(a))
	}
	return acts
}

// morePrizes reports whether a raffle that was drawn has prizes left to draw.
func (a *Activity) morePrizes() bool {
	return a.Kind == "raffle" && a.State == "drawn" && a.NextPrize > 0 && len(a.Prizes) > 0 && a.Eligible > 0
}

func resetting(a *Activity) act {
	r := verb(a, "reset", "Reset …", "r")
	r.Danger = true
	r.Arm = "Sure? " + resetWord(a)
	return r
}

func verb(a *Activity, verb, label, key string) act {
	return act{
		ID: verb + "-" + itoa(a.ID), Label: label, Key: key,
		Method: "POST", Path: "/activities/" + itoa(a.ID) + "/" + verb, Body: "{}",
	}
}

func opening(a *Activity, label, detail string) act {
	o := verb(a, "open", label, "")
	o.Detail, o.Opens = detail, true
	return o
}

// drawing carries the number of the draw it asks for, so that a clicker pressed
// twice on two devices draws once.
func drawing(a *Activity, label string) act {
	d := verb(a, "draw", label, "")
	d.Body = fmt.Sprintf(`{"draw":%d}`, a.Draws+1)
	d.Arm = "Press again to draw"
	d.Brass = true
	return d
}

func openWord(a *Activity) string {
	if a.Kind == "raffle" {
		return "Open the raffle"
	}
	return "Open voting"
}

func drawWord(a *Activity) string {
	if len(a.Prizes) > 1 && a.NextPrize > 0 {
		return "Draw prize " + itoa(a.NextPrize) + " of " + itoa(len(a.Prizes))
	}
	if a.WinnersWanted > 1 {
		return "Draw " + itoa(a.WinnersWanted) + " winners"
	}
	return "Draw the winner"
}

func resetWord(a *Activity) string {
	n := grouped(a.Entries)
	if a.Kind == "raffle" {
		return n + plural(a.Entries, " ticket goes", " tickets go")
	}
	return n + plural(a.Entries, " vote goes", " votes go")
}

// stateWord names a state for the host.
func stateWord(state string) string {
	if state == "" {
		return ""
	}
	return strings.ToUpper(state[:1]) + state[1:]
}

// itemLine is the second line of an entry in the running order.
func itemLine(a *Activity) string {
	parts := []string{a.State}
	switch {
	case a.Kind == "raffle" && a.State == "draft":
		parts = []string{"raffle", itoa(a.WinnersWanted) + plural(a.WinnersWanted, " winner", " winners")}
		if n := len(a.Prizes); n > 1 {
			parts[1] = itoa(n) + " prizes"
		}
	case a.State == "draft":
		parts = []string{"poll", itoa(len(a.Options)) + plural(len(a.Options), " option", " options")}
		if a.Results == "hidden" {
			parts = append(parts, "results hidden")
		}
	case a.Kind == "raffle":
		parts = append(parts, grouped(a.Entries)+plural(a.Entries, " ticket", " tickets"))
	default:
		parts = append(parts, grouped(a.Entries)+plural(a.Entries, " vote", " votes"))
	}
	return strings.Join(parts, " · ")
}

// resultsNote tells the host who sees a poll's counts now.
func resultsNote(a *Activity) string {
	switch {
	case a.Kind != "poll" || a.State == "draft":
		return ""
	case a.State == "revealed":
		return "Everybody sees the result."
	case a.Results == "live":
		return "Everybody sees the counts."
	default:
		return "Only you see the counts until you reveal them."
	}
}

// pollRules says in a line what a poll asks for.
func pollRules(a *Activity) string {
	rules := "One choice"
	if a.MaxChoices > 1 {
		rules = "Up to " + itoa(a.MaxChoices) + " choices"
	}
	if a.Results == "hidden" {
		return rules + " · results hidden until you reveal them"
	}
	return rules + " · results live"
}

func position(e Event) string {
	if e.Current != nil {
		for i := range e.Activities {
			if e.Activities[i].ID == e.Current.ID {
				return strconv.Itoa(i+1) + " of " + itoa(len(e.Activities))
			}
		}
	}
	return itoa(len(e.Activities))
}

// drawLine is one draw of the history: its names, shortened.
func drawLine(d Draw) string {
	if len(d.Names) <= 3 {
		return strings.Join(d.Names, ", ")
	}
	return strings.Join(d.Names[:2], ", ") + " and " + itoa(len(d.Names)-2) + " more"
}

// drawFor says what a draw was for, and why where it replaced a winner.
func drawFor(d Draw) string {
	what := d.Title
	if d.Prize != "" {
		what = d.Prize
	}
	if d.Reason != "" {
		what += " · again: " + d.Reason
	}
	return what
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
