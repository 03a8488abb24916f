package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var ticketForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

func pollFlow(t *testing.T, n *node) {
	s := n.create(t, "  Meetup  ")
	if !regexp.MustCompile(`^[2-9A-HJKMNP-Z]{6}$`).MatchString(s.Code) {
		t.Errorf("code %q", s.Code)
	}
	want := []string{"Meetup", n.URL + "/" + s.Code, n.URL + "/" + s.Code + "/screen", n.URL + "/" + s.Code + "/host#" + s.HostKey}
	if diff := cmp.Diff(want, []string{s.Title, s.JoinURL, s.ScreenURL, s.HostURL}); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
	if len(s.HostKey) < 22 {
		t.Errorf("host key %q has less than 128 bits", s.HostKey)
	}

	a := s.add(map[string]any{"kind": "poll", "title": "Lunch?", "options": []string{"Soup", " Salad ", "Pie"}, "max_choices": 2})
	wantA := activity{ID: 1, Kind: "poll", Title: "Lunch?", Options: []string{"Soup", "Salad", "Pie"}, MaxChoices: 2,
		Results: "live", State: "draft", Run: 1, Counts: []int{0, 0, 0}}
	if diff := cmp.Diff(wantA, a); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	b := s.poll("Second", "live", "Yes", "No")
	r := s.raffle(1)
	var e eventJSON
	s.host.api("PUT", s.path("/order"), map[string]any{"activities": []int{r.ID, a.ID, b.ID}}).want(200).into(&e)
	if got := []int{e.Activities[0].ID, e.Activities[1].ID, e.Activities[2].ID}; !slices.Equal(got, []int{3, 1, 2}) {
		t.Errorf("order %v", got)
	}
	s.host.api("PUT", s.path("/order"), map[string]any{"activities": []int{1, 2}}).problem(409, "conflict")

	var patched activity
	s.host.api("PATCH", s.path("/activities/2"), map[string]any{"title": "Third"}).want(200).into(&patched)
	if patched.Title != "Third" || !slices.Equal(patched.Options, []string{"Yes", "No"}) {
		t.Errorf("patched %+v", patched)
	}
	s.host.api("DELETE", s.path("/activities/3"), nil).want(204)
	s.host.api("DELETE", s.path("/activities/3"), nil).problem(404, "unknown")

	phones := []*phone{s.join(t), s.join(t), s.join(t)}
	if s.seen(s.stranger).People.Joined != 3 {
		t.Errorf("people %+v", s.seen(s.stranger).People)
	}
	phones[0].enter(1, []int{0}).problem(409, "closed")

	if a := s.must(1, "open", nil); a.State != "open" || a.ClosesInMS != nil {
		t.Errorf("opened %+v", a)
	}
	s.must(2, "open", nil)
	if e := s.seen(s.stranger); e.Current == nil || *e.Current != 2 {
		t.Errorf("current %v: opening makes it current", e.Current)
	}
	s.host.api("POST", s.path("/current"), `{"id":1}`).want(200)
	if e := s.seen(s.stranger); e.Current == nil || *e.Current != 1 {
		t.Errorf("current %v after it was set", e.Current)
	}
	for i, step := range []struct {
		phone  int
		choice []int
		status string
		counts []int
	}{
		{0, []int{0, 2}, "counted", []int{1, 0, 1}},
		{0, []int{2, 0}, "unchanged", []int{1, 0, 1}},
		{1, []int{0}, "counted", []int{2, 0, 1}},
		{1, []int{1}, "changed", []int{1, 1, 1}},
		{2, []int{0}, "counted", []int{2, 1, 1}},
	} {
		got := phones[step.phone].counted(1, step.choice)
		if got.Status != step.status || got.Run != 1 || got.Offset == "" || got.Ticket != "" {
			t.Errorf("step %d: %+v, want %s", i, got, step.status)
		}
		// A GET after the acknowledgement sees it.
		if e := s.seen(s.stranger); !slices.Equal(e.Activities[0].Counts, step.counts) {
			t.Errorf("step %d: counts %v, want %v", i, e.Activities[0].Counts, step.counts)
		}
	}
	// A lower n is older than what stands.
	phones[2].api("POST", s.path("/entries"), `{"activity":1,"choice":[1],"run":1,"n":9}`).want(200)
	var late entryJSON
	phones[2].api("POST", s.path("/entries"), `{"activity":1,"choice":[2],"run":1,"n":8}`).want(200).into(&late)
	if late.Status != "unchanged" {
		t.Errorf("a late entry is %q", late.Status)
	}

	s.must(1, "close", nil)
	phones[0].enter(1, []int{1}).problem(409, "closed")
	s.must(1, "open", nil) // the same run goes on
	if a := s.must(1, "close", nil); a.Entries != 3 || !slices.Equal(a.Counts, []int{1, 2, 1}) {
		t.Errorf("closed again %+v", a)
	}
	s.must(1, "reveal", nil)
	checkExports(t, s)
	if a := s.must(1, "reset", nil); a.State != "draft" || a.Run != 2 || a.Entries != 0 || !slices.Equal(a.Counts, []int{0, 0, 0}) {
		t.Errorf("reset %+v", a)
	}
	s.must(1, "open", nil)
	phones[0].api("POST", s.path("/entries"), `{"activity":1,"choice":[1],"run":1,"n":99}`).problem(409, "closed")
	if got := phones[0].counted(1, []int{1}); got.Status != "counted" || got.Run != 2 {
		t.Errorf("in run 2: %+v", got)
	}
}

func raffleFlow(t *testing.T, n *node) {
	s := n.create(t, "Raffle night")
	r := s.raffle(1)
	wantR := activity{ID: 1, Kind: "raffle", Title: "Prizes", State: "draft", Run: 1, WinnersWanted: 1, Winners: []winner{}, Voided: []voided{}}
	if diff := cmp.Diff(wantR, r); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	s.must(1, "open", nil)
	tickets := map[string]string{} // handle by ticket
	for range 4 {
		p := s.join(t)
		first := p.counted(1, nil)
		if first.Status != "counted" || !ticketForm.MatchString(first.Ticket) {
			t.Fatalf("entered: %+v", first)
		}
		if again := p.counted(1, nil); again.Status != "unchanged" || again.Ticket != first.Ticket {
			t.Errorf("entered again: %+v, want ticket %s unchanged", again, first.Ticket)
		}
		tickets[first.Ticket] = p.Handle
	}
	if len(tickets) != 4 {
		t.Fatalf("tickets are not distinct: %v", tickets)
	}
	s.must(1, "close", nil)
	s.join(t).enter(1, nil).problem(409, "closed")

	first := s.must(1, "draw", `{"draw":1}`)
	if first.State != "drawn" || len(first.Winners) != 1 || first.Winners[0].Draw != 1 || tickets[first.Winners[0].Ticket] != first.Winners[0].Handle {
		t.Fatalf("draw 1: %+v", first)
	}
	gone := first.Winners[0]
	s.verb(1, "redraw", map[string]any{"winner": gone.Ticket}).problem(422, "invalid") // no reason
	s.verb(1, "redraw", map[string]any{"winner": strings.Repeat("0", 32), "reason": "x"}).problem(409, "conflict")
	second := s.must(1, "redraw", map[string]any{"winner": gone.Ticket, "reason": "left the room", "draw": 2})
	wantVoided := []voided{{gone, "left the room"}}
	if diff := cmp.Diff(wantVoided, second.Voided, cmp.AllowUnexported(voided{})); diff != "" {
		t.Errorf("voided (-want +got):\n%s", diff)
	}
	if len(second.Winners) != 1 || second.Winners[0].Draw != 2 || second.Winners[0].Ticket == gone.Ticket {
		t.Errorf("redrawn %+v", second.Winners)
	}
	third := s.must(1, "draw", nil)
	if len(third.Winners) != 2 || third.Winners[1].Draw != 3 {
		t.Errorf("next winners %+v", third.Winners)
	}
	// A raffle's winners are public from the draw on.
	if diff := cmp.Diff(third.Winners, s.seen(s.stranger).Activities[0].Winners); diff != "" {
		t.Errorf("stranger sees other winners (-host +stranger):\n%s", diff)
	}
	checkExports(t, s)
	var before []string
	for d := 1; d <= 3; d++ {
		a := s.stranger.api("GET", s.path("/draws/"+itoa(d)), nil).want(200)
		var record struct {
			Draw    int
			Code    string
			Freeze  struct{ Size int }
			Winners []struct{ Ticket string }
		}
		a.into(&record)
		if record.Draw != d || record.Freeze.Size != 4 || record.Code != s.Code || len(record.Winners) != 1 {
			t.Errorf("draw record %d: %s", d, a.body)
		}
		before = append(before, string(a.body))
	}
	s.stranger.api("GET", s.path("/draws/4"), nil).problem(404, "unknown")

	reset := s.must(1, "reset", nil)
	if reset.State != "draft" || reset.Run != 2 || reset.Entries != 0 || len(reset.Winners)+len(reset.Voided) != 0 {
		t.Errorf("reset %+v", reset)
	}
	for d := 1; d <= 3; d++ {
		if got := string(s.stranger.api("GET", s.path("/draws/"+itoa(d)), nil).want(200).body); got != before[d-1] {
			t.Errorf("reset changed draw %d", d)
		}
	}
	// Draws are numbered through the event.
	s.must(1, "open", nil)
	s.join(t).counted(1, nil)
	s.must(1, "close", nil)
	if a := s.must(1, "draw", `{"draw":4}`); a.Winners[0].Draw != 4 {
		t.Errorf("draw of run 2: %+v", a.Winners)
	}
}

// checkExports compares both exports with what the host sees.
func checkExports(t *testing.T, s *show) {
	t.Helper()
	want := s.seen(s.host)
	var doc struct {
		Event   eventJSON
		Records []map[string]any
	}
	s.host.api("GET", s.path("/export.json"), nil).want(200).into(&doc)
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".People" }, cmp.Ignore())
	if diff := cmp.Diff(want, doc.Event, ignore, cmp.AllowUnexported(voided{})); diff != "" {
		t.Errorf("export.json (-seen +exported):\n%s", diff)
	}
	a := s.host.api("GET", s.path("/export.csv"), nil).want(200)
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var got, wantRows []string
	for _, row := range rows[1:] {
		got = append(got, strings.Join([]string{row[column["activity"]], row[column["entries"]], row[column["text"]], row[column["count"]], row[column["draw"]], row[column["ticket"]]}, "|"))
	}
	for _, act := range want.Activities {
		for i, o := range act.Options {
			wantRows = append(wantRows, fmt.Sprintf("%d|%d|%s|%d||", act.ID, act.Entries, o, act.Counts[i]))
		}
		for _, w := range act.Winners {
			wantRows = append(wantRows, fmt.Sprintf("%d|%d|||%d|%s", act.ID, act.Entries, w.Draw, w.Ticket))
		}
		for _, v := range act.Voided {
			wantRows = append(wantRows, fmt.Sprintf("%d|%d|||%d|%s", act.ID, act.Entries, v.Draw, v.Ticket))
		}
	}
	if diff := cmp.Diff(wantRows, got); diff != "" {
		t.Errorf("export.csv (-seen +exported):\n%s", diff)
	}
	for _, path := range []string{"/export.json", "/export.csv"} {
		s.stranger.api("GET", s.path(path), nil).problem(401, "unauthorized")
	}
}

func drawNumber(t *testing.T, n *node) {
	s := n.create(t, "Clicker")
	s.raffle(1)
	s.must(1, "open", nil)
	for range 3 {
		s.join(t).counted(1, nil)
	}
	s.must(1, "close", nil)
	s.verb(1, "draw", `{"draw":2}`).problem(409, "conflict")
	s.must(1, "draw", `{"draw":1}`)
	p := s.verb(1, "draw", `{"draw":1}`).problem(409, "conflict") // pressed twice
	if p.Activity == nil || p.Activity.State != "drawn" || len(p.Activity.Winners) != 1 {
		t.Errorf("the problem's activity: %+v", p.Activity)
	}
	s.verb(1, "draw", `{"draw":-1}`).problem(422, "invalid")
	s.must(1, "draw", `{"draw":2}`)
}

func shortfall(t *testing.T, n *node) {
	s := n.create(t, "Few")
	s.raffle(5)
	s.must(1, "open", nil)
	s.must(1, "close", nil)
	p := s.verb(1, "draw", nil).problem(409, "conflict")
	if p.Activity == nil || p.Activity.State != "closed" || !strings.Contains(p.Detail, "nobody") {
		t.Errorf("a draw among nobody: %+v", p)
	}
	s.must(1, "reset", nil)
	s.must(1, "open", nil)
	for range 2 {
		s.join(t).counted(1, nil)
	}
	s.must(1, "close", nil)
	if a := s.must(1, "draw", nil); len(a.Winners) != 2 || a.Shortfall != 3 || a.Winners[0].Draw != a.Winners[1].Draw {
		t.Errorf("a draw of 5 among 2: %+v", a)
	}
	s.verb(1, "draw", nil).problem(409, "conflict") // everybody has won
}

// twoHosts: of two that press the same button at once, one wins and the other is
// told the true state.
func twoHosts(t *testing.T, n *node) {
	s := n.create(t, "Two hosts")
	s.raffle(1)
	s.must(1, "open", nil)
	s.join(t).counted(1, nil)
	s.join(t).counted(1, nil)
	for _, press := range []struct{ verb, body, state string }{
		{"close", "", "closed"}, {"draw", `{"draw":1}`, "drawn"}, {"reset", "", "draft"}, {"open", "", "open"},
	} {
		answers := make(chan answer)
		for range 2 {
			go func() { answers <- s.verb(1, press.verb, press.body) }()
		}
		one, other := <-answers, <-answers
		if one.status != http.StatusOK {
			one, other = other, one
		}
		one.want(http.StatusOK)
		if p := other.problem(409, "conflict"); p.Activity == nil || p.Activity.State != press.state {
			t.Errorf("%s: the other host is told %s", press.verb, other.body)
		}
	}
}

func deleteEvent(t *testing.T, n *node) {
	const title = "Traceless-title"
	s := n.create(t, title)
	s.poll("Traceless-poll", "live", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	p.counted(1, []int{0})
	if len(n.store.traces(t, s.Code)) == 0 {
		t.Fatal("the search for traces finds nothing of a living event")
	}
	s.stranger.api("DELETE", s.path(""), nil).problem(401, "unauthorized")
	p.api("DELETE", s.path(""), nil).problem(401, "unauthorized")
	s.host.api("DELETE", s.path(""), nil).want(204)

	s.host.api("GET", s.path(""), nil).problem(404, "unknown")
	s.host.api("DELETE", s.path(""), nil).problem(404, "unknown")
	p.enter(1, []int{1}).problem(404, "unknown")
	s.stranger.get("/" + s.Code).want(404)
	for _, text := range []string{s.Code, title, "Traceless-poll"} {
		if found := n.store.traces(t, text); len(found) != 0 {
			t.Errorf("%s is still in %v", text, found)
		}
	}
}
