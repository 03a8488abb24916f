package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every state has one next step; this is the table of them.
func TestNextStep(t *testing.T) {
	type step struct{ Label, Path, Body, Arm string }
	later := Activity{ID: 9, Kind: "poll", Title: "Later", State: "draft"}
	for name, c := range map[string]struct {
		current *Activity
		rest    []Activity
		want    step
	}{
		"nothing planned":   {nil, nil, step{Label: "Add your first poll"}},
		"before the first":  {nil, []Activity{later}, step{"Open first", "/activities/9/open", "{}", ""}},
		"draft":             {&Activity{ID: 1, Kind: "poll", State: "draft"}, nil, step{"Open voting", "/activities/1/open", "{}", ""}},
		"draft raffle":      {&Activity{ID: 1, Kind: "raffle", State: "draft"}, nil, step{"Open the raffle", "/activities/1/open", "{}", ""}},
		"open":              {&Activity{ID: 1, Kind: "poll", State: "open"}, nil, step{"Close voting", "/activities/1/close", "{}", ""}},
		"closed":            {&Activity{ID: 1, Kind: "poll", State: "closed"}, nil, step{"Reveal the result", "/activities/1/reveal", "{}", ""}},
		"raffle closed":     {&Activity{ID: 1, Kind: "raffle", State: "closed", Entries: 5, Draws: 2, WinnersWanted: 3}, nil, step{"Draw 3 winners", "/activities/1/draw", `{"draw":3}`, "Press again to draw"}},
		"raffle, nobody in": {&Activity{ID: 1, Kind: "raffle", State: "closed"}, []Activity{later}, step{"Open next", "/activities/9/open", "{}", ""}},
		"revealed":          {&Activity{ID: 1, Kind: "poll", State: "revealed"}, []Activity{later}, step{"Open next", "/activities/9/open", "{}", ""}},
		"drawn, the last":   {&Activity{ID: 1, Kind: "raffle", State: "drawn"}, nil, step{Label: "That was the last one"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Event: Event{Current: c.current}}
			if c.current != nil {
				h.Event.Activities = append(h.Event.Activities, *c.current)
			}
			h.Event.Activities = append(h.Event.Activities, c.rest...)
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
	activities := []Activity{{ID: 1, State: "draft"}, {ID: 2, State: "open"}, {ID: 3, State: "closed"}, {ID: 4, State: "draft"}}
	h := Host{Event: Event{Activities: activities, Current: &activities[1]}}
	if got := h.upNext(); got == nil || got.ID != 4 {
		t.Errorf("up next = %v, want activity 4", got)
	}
	h.Event.Current = &activities[3]
	if got := h.upNext(); got == nil || got.ID != 1 {
		t.Errorf("after the last, up next = %v, want the draft that was passed over", got)
	}
}

// Resetting, drawing and removing take two presses.
func TestIrreversibleActsAreArmed(t *testing.T) {
	for _, a := range []Activity{
		{ID: 1, Kind: "poll", State: "open", HasDeadline: true},
		{ID: 1, Kind: "poll", State: "closed"},
		{ID: 1, Kind: "raffle", State: "drawn", Eligible: 3, Entries: 4},
	} {
		h := Host{Event: Event{Current: &a}}
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
