package ui

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
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

func TestScreenScenes(t *testing.T) {
	counted := func(state string) *event.Activity {
		a := pollIn(state)
		a.Counts = []int{3, 1}
		return a
	}
	for name, c := range map[string]struct {
		current *event.Activity
		want    string
	}{
		"between activities":  {nil, "join"},
		"a draft is not told": {pollIn(event.Draft), "join"},
		"live":                {counted(event.Open), "bars"},
		"hidden":              {pollIn(event.Open), "count"},
		"closed, not shown":   {pollIn(event.Closed), "count"},
		"revealed":            {counted(event.Revealed), "bars"},
		"filling up":          {raffleIn(event.Open), "filling"},
		"frozen":              {raffleIn(event.Closed), "frozen"},
		"drawn":               {raffleIn(event.Drawn, event.WinnerView{Name: "Teal Otter 42", Draw: 1}), "drawn"},
		"drawn, none stands":  {raffleIn(event.Drawn), "frozen"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Screen{Event: Event{Snapshot: event.Snapshot{Code: "K7QX4M"}}}
			if c.current != nil {
				s.Event = showing(c.current)
			}
			s.Event.JoinHost, s.Event.QR = "drumroll.example", QR{Size: 33, Path: "M4 4h7v7h-7z"}
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

func TestScreenEscapesTitles(t *testing.T) {
	a := pollIn(event.Open)
	a.Title, a.Poll.Options[0] = `<script>alert(1)</script>`, `"><img src=x>`
	for _, counts := range [][]int{nil, {1, 2}} {
		a.Counts = counts
		html := rendered(t, ScreenLive(Screen{Event: showing(a)}))
		if strings.Contains(html, "<script>") || strings.Contains(html, "<img") {
			t.Error("a title's HTML got through")
		}
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
	a := pollIn(event.Open)
	a.Poll.Options = make([]string, 13)
	for i := range 13 {
		a.Counts = append(a.Counts, i%3)
	}
	order := func(options []option) (indexes []int) {
		for _, o := range options {
			indexes = append(indexes, o.index)
		}
		return indexes
	}
	if diff := cmp.Diff([]int{2, 5, 8, 11, 1, 4, 7, 10, 0, 3, 6, 9, 12}, order(rankedOptions(a))); diff != "" {
		t.Errorf("thirteen options (-want +got)\n%s", diff)
	}
	a.Poll.Options, a.Counts = a.Poll.Options[:4], a.Counts[:4]
	if diff := cmp.Diff([]int{0, 1, 2, 3}, order(rankedOptions(a))); diff != "" {
		t.Errorf("four options (-want +got)\n%s", diff)
	}
}
