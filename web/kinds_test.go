package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
)

// TestScaleFlow: a scale from its spec to the lines of its table.
func TestScaleFlow(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Pace")
	var a contract.Activity
	s.host.api("POST", s.path("/activities"), map[string]any{"kind": "scale", "title": "Too fast?"}).want(201).into(&a)
	want := contract.Activity{ID: 1, Kind: "scale", Title: "Too fast?", State: "draft", Run: 1, Results: "live", Counts: []int{0, 0, 0, 0, 0},
		Scale: &contract.Scale{Min: 1, Max: 5, Labels: []string{}}}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	patch := map[string]any{"min": -1, "max": 1, "labels": []string{"no", "yes"}, "results": "hidden"}
	s.host.api("PATCH", s.path("/activities/1"), patch).want(200).into(&a)
	want.Counts, want.Results, want.Scale = []int{0, 0, 0}, "hidden", &contract.Scale{Min: -1, Max: 1, Labels: []string{"no", "yes"}}
	a.Mean = nil
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("patched (-want +got):\n%s", diff)
	}
	s.must(1, "open", nil)
	p, q := s.join(t), s.join(t)
	enter := func(who *phone, body string) answer { return who.api("POST", s.path("/entries"), body) }
	enter(p, `{"activity":1,"value":-1}`).want(200)
	enter(q, `{"activity":1,"value":0}`).want(200)
	enter(q, `{"activity":1,"value":2}`).problem(422, "invalid")
	enter(q, `{"activity":1,"choice":[0]}`).problem(422, "invalid")
	enter(q, `{"activity":1}`).problem(422, "invalid")

	// A phone without a script sends the form.
	form := url.Values{"activity": {"1"}, "run": {"1"}, "value": {"1"}}
	n.caller(t, "").with("Cookie", "drumroll_"+s.Code+"="+q.Token).
		send("POST", "/"+s.Code, "application/x-www-form-urlencoded", form.Encode()).want(http.StatusSeeOther)

	var seen contract.Event
	s.stranger.api("GET", s.path(""), nil).want(200).into(&seen)
	if a := seen.Activities[0]; a.Counts != nil || a.Mean != nil || a.Entries != 2 {
		t.Errorf("a hidden scale shows %+v", a)
	}
	s.must(1, "close", nil)
	s.host.api("POST", s.path("/activities/1/reveal"), nil).want(200).into(&a)
	if a.State != "revealed" || !slices.Equal(a.Counts, []int{1, 0, 1}) || a.Mean == nil || *a.Mean != 0 {
		t.Errorf("revealed %+v, mean %v", a, a.Mean)
	}
	table, err := csv.NewReader(strings.NewReader(string(s.host.api("GET", s.path("/export.csv"), nil).want(200).body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var counts []string
	for _, row := range table[1:] {
		counts = append(counts, row[6]+":"+row[8])
	}
	if got := fmt.Sprint(counts); got != "[-1:1 0:0 1:1]" {
		t.Errorf("the table's points are %s", got)
	}
}

// TestSpecs: a spec takes what its kind has, and a patch changes what it names.
func TestSpecs(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Specs")
	for _, body := range []string{
		`{"kind":"scale","title":"x","options":["A"]}`,
		`{"kind":"scale","title":"x","winners":2}`,
		`{"kind":"poll","title":"x","options":["A"],"min":1}`,
		`{"kind":"poll","title":"x","options":["A"],"prizes":["B"]}`,
		`{"kind":"raffle","title":"x","results":"live"}`,
		`{"kind":"raffle","title":"x","eligible":{"joined_before":"soon"}}`,
		`{"kind":7,"title":"x"}`, `{"title":"x"}`, `{"kind":"karaoke","title":"x"}`, `[]`, `null`,
	} {
		s.host.api("POST", s.path("/activities"), body).problem(422, "invalid")
	}
	s.add(map[string]any{"kind": "poll", "title": "Lunch?", "options": []string{"A", "B", "C"}, "max_choices": 3})
	var a contract.Activity
	patched := func(body string) *contract.Activity {
		a = contract.Activity{}
		s.host.api("PATCH", s.path("/activities/1"), body).want(200).into(&a)
		return &a
	}
	if a := patched(`{"options":["D","E"]}`); a.Title != "Lunch?" || !slices.Equal(a.Options, []string{"D", "E"}) || a.MaxChoices != 2 {
		t.Errorf("with fewer options %+v", a)
	}
	if a := patched(`{"title":"Dinner?"}`); a.Title != "Dinner?" || !slices.Equal(a.Options, []string{"D", "E"}) || a.MaxChoices != 2 {
		t.Errorf("with another title %+v", a)
	}
	s.host.api("PATCH", s.path("/activities/1"), `{"max_choices":3}`).problem(422, "invalid")
	s.host.api("PATCH", s.path("/activities/1"), `{"kind":"raffle","winners":2}`).problem(422, "invalid")

	s.add(map[string]any{"kind": "raffle", "title": "Book", "winners": 2, "eligible": map[string]any{"checked_in": true}})
	s.host.api("PATCH", s.path("/activities/2"), `{"prizes":["Book"],"winners_may_win_again":true}`).want(200).into(&a)
	if a.WinnersWanted != 2 || !slices.Equal(a.Prizes, []string{"Book"}) || !a.Again || !a.Eligible.CheckedIn {
		t.Errorf("with a prize %+v", a.Raffle)
	}
}

// TestForeignVerbs: a verb of another kind is refused with the activity as it is, and
// one that there is not is unknown.
func TestForeignVerbs(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Verbs")
	poll, raffle := s.poll("P", "live", "A", "B"), s.raffle(1)
	for _, verb := range []string{"draw", "redraw", "void", "confirm", "abandon"} {
		var p contract.Problem
		a := s.verb(poll.ID, verb, nil)
		a.problem(409, "conflict")
		a.into(&p)
		if p.Activity == nil || p.Activity.State != "draft" {
			t.Errorf("%s of a poll tells %+v", verb, p.Activity)
		}
	}
	s.verb(raffle.ID, "reveal", nil).problem(409, "conflict")
	for _, verb := range []string{"applaud", "arm", "spent", "claim", "edit"} {
		s.verb(poll.ID, verb, nil).problem(404, "unknown")
		s.verb(raffle.ID, verb, nil).problem(404, "unknown")
	}
}
