package ui

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

// rendered is a component's HTML.
func rendered(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

func pollOf(state string, shown bool) Activity {
	return Activity{
		ID: 1, Kind: "poll", Title: "Coffee or tea?", State: state, Run: 1, MaxChoices: 1, Entries: 7,
		CountsShown: shown, Results: "live",
		Options: []Option{{Index: 0, Letter: "A", Text: "Coffee", Count: 4711, Percent: 57, Leading: true}, {Index: 1, Letter: "B", Text: "Tea"}},
	}
}

func TestScreenScenes(t *testing.T) {
	raffle := func(state string, winners ...Winner) *Activity {
		return &Activity{ID: 2, Kind: "raffle", State: state, Winners: winners, Draw: len(winners)}
	}
	poll := func(state string, shown bool) *Activity { a := pollOf(state, shown); return &a }
	for name, c := range map[string]struct {
		current *Activity
		want    string
	}{
		"between activities":  {nil, "join"},
		"a draft is not told": {poll("draft", false), "join"},
		"live":                {poll("open", true), "bars"},
		"hidden":              {poll("open", false), "count"},
		"closed, not shown":   {poll("closed", false), "count"},
		"revealed":            {poll("revealed", true), "bars"},
		"filling up":          {raffle("open"), "filling"},
		"frozen":              {raffle("closed"), "frozen"},
		"drawn":               {raffle("drawn", Winner{Name: "Teal Otter 42", Draw: 1}), "drawn"},
		"drawn, none stands":  {raffle("drawn"), "frozen"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Screen{Event: Event{Code: "K7QX4M", JoinHost: "drumroll.example", QR: QR{Size: 33, Path: "M4 4h7v7h-7z"}, Current: c.current}}
			if got := s.scene(); got != c.want {
				t.Errorf("scene = %q, want %q", got, c.want)
			}
			html := rendered(t, ScreenLive(s))
			// Whatever plays, the way in stays on the wall.
			for _, part := range []string{"drumroll.example", "K7Q", "X4M", `fill="#fff"`, "M4 4h7v7h-7z"} {
				if !strings.Contains(html, part) {
					t.Errorf("the way in is missing %q", part)
				}
			}
		})
	}
}

// The server does not put hidden counts into a Screen; should it ever, the page
// still does not draw them.
func TestScreenKeepsHiddenCountsBack(t *testing.T) {
	a := pollOf("closed", false)
	html := rendered(t, ScreenLive(Screen{Event: Event{Current: &a}}))
	for _, secret := range []string{"4711", "4,711", "57", "leading", "data-count"} {
		if strings.Contains(html, secret) {
			t.Errorf("a hidden result shows %q", secret)
		}
	}
}

func TestScreenEscapesTitles(t *testing.T) {
	a := pollOf("open", true)
	a.Title = `<script>alert(1)</script>`
	a.Options[0].Text = `"><img src=x>`
	html := rendered(t, ScreenLive(Screen{Event: Event{Current: &a}}))
	if strings.Contains(html, "<script>") || strings.Contains(html, "<img") {
		t.Error("a title's HTML got through")
	}
}

func TestClock(t *testing.T) {
	got := []string{clock(-5), clock(0), clock(1), clock(23_000), clock(83_001), clock(3_723_000)}
	want := []string{"0:00", "0:00", "0:01", "0:23", "1:24", "1:02:03"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestGrouped(t *testing.T) {
	got := []string{grouped(0), grouped(999), grouped(1284), grouped(1_000_000)}
	want := []string{"0", "999", "1,284", "1,000,000"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRankedSortsOnlyLongPolls(t *testing.T) {
	a := Activity{CountsShown: true}
	for i := range 13 {
		a.Options = append(a.Options, Option{Index: i, Count: i % 3})
	}
	order := func(options []Option) (indexes []int) {
		for _, o := range options {
			indexes = append(indexes, o.Index)
		}
		return indexes
	}
	if diff := cmp.Diff([]int{2, 5, 8, 11, 1, 4, 7, 10, 0, 3, 6, 9, 12}, order(ranked(&a))); diff != "" {
		t.Errorf("thirteen options (-want +got)\n%s", diff)
	}
	a.Options = a.Options[:4]
	if diff := cmp.Diff([]int{0, 1, 2, 3}, order(ranked(&a))); diff != "" {
		t.Errorf("four options (-want +got)\n%s", diff)
	}
}
