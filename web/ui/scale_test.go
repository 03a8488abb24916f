package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
)

// scaleIn is a scale from -1 to 1; without counts its results are hidden.
func scaleIn(state string, counts ...int) *event.Activity {
	a := &event.Activity{ID: 7, Kind: event.Scale, Title: "How was it?", State: state, Run: 2, Counts: counts, Results: event.Live,
		Scale: &event.ScaleSpec{Min: -1, Max: 1, Labels: []string{"Bad", "Good"}}}
	if counts == nil {
		a.Results = event.Hidden
	}
	for _, n := range counts {
		a.Entries += n
	}
	return a
}

func TestScaleFormHasARadioAPoint(t *testing.T) {
	p := phone(scaleIn(event.Open))
	p.You.Choices = map[int][]int{7: {1}}
	page := render(t, PhonePage(p))
	forms := find(t, page, "form")
	if len(forms) != 1 {
		t.Fatalf("%d forms, want 1", len(forms))
	}
	want := []string{"hidden activity=7", "hidden run=2", "radio value=-1", "radio value=0", "radio value=1"}
	if diff := cmp.Diff(want, controls(forms[0])); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if !strings.Contains(page, `value="1" checked`) || !strings.Contains(page, "1: ✓ counted") {
		t.Error("the phone's own point is not marked")
	}
	if strings.Contains(render(t, PhoneLive(p)), "✓") {
		t.Error("the frame holds the phone's own point")
	}
}

func TestScaleShowsItsMean(t *testing.T) {
	for name, c := range map[string]struct {
		a     *event.Activity
		mean  string
		scene string
	}{
		"no entry":  {scaleIn(event.Open, 0, 0, 0), ">–<", "bars"},
		"live":      {scaleIn(event.Open, 1, 0, 2), ">0.33<", "bars"},
		"below 0":   {scaleIn(event.Revealed, 2, 0, 1), ">-0.33<", "bars"},
		"a round 1": {scaleIn(event.Closed, 0, 0, 4), ">1.00<", "bars"},
		"hidden":    {scaleIn(event.Closed), "", "count"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Screen{Event: showing(c.a)}
			if got := s.scene(); got != c.scene {
				t.Errorf("scene %q, want %q", got, c.scene)
			}
			for view, html := range map[string]string{
				"phone": render(t, PhoneLive(Phone{Event: s.Event})), "screen": render(t, ScreenLive(s)), "host": render(t, HostLive(Host{Event: s.Event})),
			} {
				if c.mean != "" && !strings.Contains(html, c.mean) {
					t.Errorf("the %s lacks the mean %s", view, c.mean)
				}
				if view != "host" && strings.Contains(html, "data-count") != (c.mean != "") {
					t.Errorf("the %s shows counts, or does not, against the rule", view)
				}
				if !strings.Contains(html, "Good") && (view != "phone" || c.mean != "") {
					t.Errorf("the %s does not say what the ends mean", view)
				}
			}
		})
	}
}
