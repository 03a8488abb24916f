package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
)

// Every state has one next step; this is the table of them.
func TestNextStep(t *testing.T) {
	type step struct{ Label, Path, Body, Arm string }
	later := pollIn(event.Draft)
	later.ID = 9
	drawn := raffleIn(event.Drawn)
	drawn.Raffle.CanWin = 0
	empty := raffleIn(event.Closed)
	empty.Entries = 0
	several := raffleIn(event.Closed)
	several.Raffle.WinnersWanted = 3
	for name, c := range map[string]struct {
		current, later *event.Activity
		draws          int
		want           step
	}{
		"nothing planned":   {nil, nil, 0, step{Label: "Add your first poll"}},
		"before the first":  {nil, later, 0, step{"Open first", "/activities/9/open", "{}", ""}},
		"draft":             {pollIn(event.Draft), nil, 0, step{"Open voting", "/activities/3/open", "{}", ""}},
		"draft raffle":      {raffleIn(event.Draft), nil, 0, step{"Open the raffle", "/activities/5/open", "{}", ""}},
		"open":              {pollIn(event.Open), nil, 0, step{"Close voting", "/activities/3/close", "{}", ""}},
		"closed":            {pollIn(event.Closed), nil, 0, step{"Reveal the result", "/activities/3/reveal", "{}", ""}},
		"raffle closed":     {several, nil, 2, step{"Draw 3 winners", "/activities/5/draw", `{"draw":3}`, "Press again to draw"}},
		"raffle, nobody in": {empty, later, 0, step{"Open next", "/activities/9/open", "{}", ""}},
		"revealed":          {pollIn(event.Revealed), later, 0, step{"Open next", "/activities/9/open", "{}", ""}},
		"drawn, the last":   {drawn, nil, 1, step{Label: "That was the last one"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{}
			for _, a := range []*event.Activity{c.current, c.later} {
				if a != nil {
					h.Event.Activities = append(h.Event.Activities, *a)
				}
			}
			if c.current != nil {
				h.Event.Current = c.current.ID
			}
			h.Event.Draws = make([]event.DrawLine, c.draws)
			got := h.next()
			if diff := cmp.Diff(c.want, step{got.Label, got.Path, got.Body, got.Arm}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			html := rendered(t, HostLive(h))
			if n := strings.Count(html, "data-next="); n != 1 {
				t.Errorf("%d next steps in the page, want one", n)
			}
			_, button, _ := strings.Cut(html, `id="next"`)
			button, _, _ = strings.Cut(button, ">")
			if calls := strings.Contains(button, "data-method"); calls != (c.want.Path != "") {
				t.Errorf("the button speaks to the API: %v, want %v: %s", calls, c.want.Path != "", button)
			}
		})
	}
}

func TestUpNextPrefersWhatFollows(t *testing.T) {
	var h Host
	for i, state := range []string{event.Draft, event.Open, event.Closed, event.Draft} {
		a := pollIn(state)
		a.ID = i + 1
		h.Event.Activities = append(h.Event.Activities, *a)
	}
	h.Event.Current = 2
	if got := h.upNext(); got == nil || got.ID != 4 {
		t.Errorf("up next = %v, want activity 4", got)
	}
	h.Event.Current = 4
	if got := h.upNext(); got == nil || got.ID != 1 {
		t.Errorf("after the last, up next = %v, want the draft that was passed over", got)
	}
}

// Resetting, drawing and removing take two presses.
func TestIrreversibleActsAreArmed(t *testing.T) {
	timed := pollIn(event.Open)
	timed.DeadlineMs = 9000
	for _, a := range []*event.Activity{timed, pollIn(event.Closed), raffleIn(event.Drawn)} {
		h := Host{Event: showing(a)}
		for _, act := range append(h.others(), h.next()) {
			final := strings.HasSuffix(act.Path, "/reset") || strings.HasSuffix(act.Path, "/draw")
			if final != (act.Arm != "") {
				t.Errorf("%s %s: armed %v, want %v", a.State, act.Label, act.Arm != "", final)
			}
		}
	}
}

// The host link is a key: it stands on the page of the main host, in no frame.
func TestFragmentHoldsNoHostLink(t *testing.T) {
	h := Host{HostURL: "https://drumroll.example/K7QX4M/host#secret"}
	if strings.Contains(rendered(t, HostLive(h)), "secret") {
		t.Error("the fragment holds the host link")
	}
	if !strings.Contains(rendered(t, HostPage(h)), "secret") {
		t.Error("the page does not offer the host link")
	}
	h.HostURL = ""
	if strings.Contains(rendered(t, HostPage(h)), "keep-dialog-url") {
		t.Error("a remote is offered a link that it does not have")
	}
}
