package web_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// verbsTable checks every verb in every state of one kind. allowed holds the
// state that follows; whatever is not in it is refused with 409 and the true
// activity. into brings a fresh draft into a state.
func verbsTable(t *testing.T, s *show, draft func() activity, into map[string][]string, allowed map[string]map[string]string, phones []*phone) {
	t.Helper()
	verbs := []string{"open", "close", "reveal", "reset", "draw", "redraw"}
	for state, presses := range into {
		for _, verb := range verbs {
			a := draft()
			for _, press := range presses {
				a = s.must(a.ID, press, nil)
				if press == "open" {
					for _, p := range phones {
						choice := []int{0}
						if a.Kind == "raffle" {
							choice = nil
						}
						p.counted(a.ID, choice)
					}
				}
			}
			if a.State != state {
				t.Fatalf("%s: %v led to %s", state, presses, a.State)
			}
			var body any
			if verb == "redraw" {
				ticket := strings.Repeat("ab", 16)
				if len(a.Winners) > 0 {
					ticket = a.Winners[0].Ticket
				}
				body = map[string]string{"winner": ticket, "reason": "absent"}
			}
			got := s.verb(a.ID, verb, body)
			next, ok := allowed[state][verb]
			if !ok {
				p := got.problem(409, "conflict")
				if p.Activity == nil || p.Activity.ID != a.ID || p.Activity.State != state || p.Activity.Run != a.Run {
					t.Errorf("%s of a %s one: the problem's activity is %+v", verb, state, p.Activity)
				}
				continue
			}
			var after activity
			got.want(200).into(&after)
			run := a.Run
			if verb == "reset" {
				run++
			}
			if after.ID != a.ID || after.State != next || after.Run != run {
				t.Errorf("%s of a %s one: %s in run %d, want %s in run %d", verb, state, after.State, after.Run, next, run)
			}
		}
	}
	last := draft()
	s.verb(last.ID, "explode", nil).problem(404, "unknown")
	s.verb(99_999, "open", nil).problem(404, "unknown")
}

func pollVerbs(t *testing.T, n *node) {
	s := n.create(t, "Every verb")
	verbsTable(t, s, func() activity { return s.poll("P", "hidden", "A", "B") },
		map[string][]string{
			"draft": nil, "open": {"open"}, "closed": {"open", "close"}, "revealed": {"open", "close", "reveal"},
		},
		map[string]map[string]string{
			"draft":    {"open": "open"},
			"open":     {"close": "closed", "reset": "draft"},
			"closed":   {"open": "open", "reveal": "revealed", "reset": "draft"},
			"revealed": {"reset": "draft"},
		}, []*phone{s.join(t)})
}

func raffleVerbs(t *testing.T, n *node) {
	s := n.create(t, "Every verb")
	// The same three people enter them all, so winners must be allowed to win again.
	again := map[string]any{"kind": "raffle", "title": "Prizes", "winners": 1, "winners_may_win_again": true}
	verbsTable(t, s, func() activity { return s.add(again) },
		map[string][]string{
			"draft": nil, "open": {"open"}, "closed": {"open", "close"}, "drawn": {"open", "close", "draw"},
		},
		map[string]map[string]string{
			"draft":  {"open": "open"},
			"open":   {"close": "closed", "reset": "draft"},
			"closed": {"draw": "drawn", "reset": "draft"},
			"drawn":  {"draw": "drawn", "redraw": "drawn", "reset": "draft"},
		}, []*phone{s.join(t), s.join(t), s.join(t)})
}

func countdown(t *testing.T, n *node) {
	s := n.create(t, "Countdown")
	s.poll("Quick", "live", "A", "B")
	for _, body := range []string{`{"seconds":0}`, `{"seconds":-1}`, `{"seconds":86401}`, `{"seconds":1.5}`, `{"seconds":"9"}`} {
		s.verb(1, "open", body).problem(422, "invalid")
	}
	s.verb(1, "extend", `{"seconds":5}`).problem(409, "conflict")
	a := s.must(1, "open", `{"seconds":86400}`)
	if a.ClosesInMS == nil || *a.ClosesInMS > 86_400_000 || *a.ClosesInMS < 86_390_000 {
		t.Fatalf("closes in %v", a.ClosesInMS)
	}
	a = s.must(1, "extend", `{"seconds":60}`)
	if *a.ClosesInMS > 86_460_000 || *a.ClosesInMS < 86_450_000 {
		t.Errorf("extended by a minute: closes in %d ms", *a.ClosesInMS)
	}
	s.verb(1, "extend", `{}`).problem(422, "invalid")
	s.must(1, "close", nil)
	if a := s.must(1, "open", nil); a.ClosesInMS != nil {
		t.Errorf("opened without a limit: closes in %d ms", *a.ClosesInMS)
	}
	s.must(1, "close", nil)

	// Its time is up: the log closes it, and everybody is told.
	p := s.join(t)
	screen := s.dial(t, "screen", "")
	screen.next("state")
	s.must(1, "open", `{"seconds":1}`)
	p.counted(1, []int{1})
	screen.until(func(f frame) bool {
		return f.T == "state" && len(f.Event.Activities) == 1 && f.Event.Activities[0].State == "closed"
	})
	p.enter(1, []int{0}).problem(409, "closed")
	if a := s.seen(s.stranger).Activities[0]; a.State != "closed" || a.Entries != 1 || a.ClosesInMS != nil {
		t.Errorf("after its time: %+v", a)
	}
	s.must(1, "open", nil) // an early close undone
}

// drafts: what the host has not shown never leaves the server.
func drafts(t *testing.T, n *node) {
	const secret = "Unheard-of-draft"
	s := n.create(t, "Drafts")
	s.poll(secret, "live", "A", "B")
	s.poll("Shown", "live", "A", "B")
	p := s.join(t)
	phone, screen := s.dial(t, "phone", p.Token), s.dial(t, "screen", "")
	host := s.dial(t, "host", s.HostKey)
	if !strings.Contains(host.next("state").raw, secret) {
		t.Error("the host's frame lacks the draft")
	}
	s.host.api("POST", s.path("/current"), `{"id":1}`).want(200)
	s.must(2, "open", nil)
	s.host.api("POST", s.path("/current"), `{"id":1}`).want(200)

	if e := s.seen(s.host); e.Current == nil || *e.Current != 1 || len(e.Activities) != 2 {
		t.Errorf("the host sees %+v", e)
	}
	strangers := map[string]string{
		"stranger": string(s.stranger.api("GET", s.path(""), nil).want(200).body),
		"phone":    string(p.api("GET", s.path(""), nil).want(200).body),
		"page":     string(s.stranger.get("/" + s.Code).want(200).body),
		"screen":   string(s.stranger.get("/" + s.Code + "/screen").want(200).body),
		"unlock":   string(s.stranger.get("/" + s.Code + "/host").want(200).body),
		"verify":   string(s.stranger.get("/" + s.Code + "/verify").want(200).body),
		"draws":    string(s.stranger.api("GET", s.path("/draws"), nil).want(200).body),
	}
	for _, who := range []*caller{s.stranger, p.caller} {
		if e := s.seen(who); e.Current != nil || len(e.Activities) != 1 || e.Activities[0].ID != 2 {
			t.Errorf("a stranger sees %+v", e)
		}
	}
	// The newest frames come last: what was sent before is among what was read.
	s.host.api("PATCH", s.path(""), `{"title":"Last"}`).want(200)
	for _, w := range []*wire{phone, screen} {
		w.until(func(f frame) bool { return f.T == "state" && f.Event.Title == "Last" })
		strangers["frames of the "+w.view] = w.all()
	}
	for what, text := range strangers {
		if strings.Contains(text, secret) {
			t.Errorf("the draft is in what the %s got:\n%s", what, text)
		}
	}
	p.enter(1, []int{0}).problem(409, "closed")
}

func hiddenResults(t *testing.T, n *node) {
	s := n.create(t, "Hidden")
	s.poll("Who?", "hidden", "A", "B")
	p := s.join(t)
	phone, screen, host := s.dial(t, "phone", p.Token), s.dial(t, "screen", ""), s.dial(t, "host", s.HostKey)
	s.must(1, "open", nil)
	p.counted(1, []int{1})
	for range 2 {
		s.join(t).counted(1, []int{0})
	}
	host.until(func(f frame) bool { return f.T == "tick" && len(f.Counts) == 2 && f.Counts[0] == 2 })

	check := func(shown bool) {
		t.Helper()
		for who, c := range map[string]*caller{"stranger": s.stranger, "participant": p.caller} {
			a := s.seen(c).Activities[0]
			if a.Entries != 3 || (a.Counts != nil) != shown {
				t.Errorf("%s: the %s sees %d entries, counts %v", a.State, who, a.Entries, a.Counts)
			}
		}
		if a := s.seen(s.host).Activities[0]; len(a.Counts) != 2 || a.Counts[0] != 2 || a.Counts[1] != 1 {
			t.Errorf("%s: the host sees counts %v", a.State, a.Counts)
		}
		for _, path := range []string{"/" + s.Code, "/" + s.Code + "/screen"} {
			page := string(p.get(path).want(200).body)
			for _, mark := range []string{"data-count=", "data-percent=", "data-bar="} {
				if strings.Contains(page, mark) && !shown {
					t.Errorf("%s has %s", path, mark)
				}
			}
		}
	}
	check(false)
	s.must(1, "close", nil)
	check(false)
	for _, w := range []*wire{phone, screen} {
		w.until(func(f frame) bool {
			return f.T == "state" && len(f.Event.Activities) == 1 && f.Event.Activities[0].State == "closed" && f.Event.Activities[0].Entries == 3
		})
		if strings.Contains(w.all(), `"counts"`) {
			t.Errorf("a frame of the %s has counts:\n%s", w.view, w.all())
		}
	}
	s.must(1, "reveal", nil)
	check(true)
	for _, w := range []*wire{phone, screen} {
		f := w.until(func(f frame) bool { return f.T == "state" && f.Event.Activities[0].State == "revealed" })
		if got := f.Event.Activities[0].Counts; len(got) != 2 || got[0] != 2 || got[1] != 1 {
			t.Errorf("the %s is told counts %v", w.view, got)
		}
	}
}

// remotesAndPeople: a second device's revocable key, and names.
func remotesAndPeople(t *testing.T, n *node) {
	s := n.create(t, "Remote")
	var remote struct {
		ID       int
		Key, URL string
	}
	s.host.api("POST", s.path("/remotes"), `{"label":"Ann's phone"}`).want(201).into(&remote)
	if !strings.HasSuffix(remote.URL, "/"+s.Code+"/host#"+remote.Key) {
		t.Errorf("remote's link %q", remote.URL)
	}
	second := s.host.as(remote.Key)
	second.api("POST", s.path("/activities"), `{"kind":"raffle","title":"By remote"}`).want(201)
	wire := s.dial(t, "host", remote.Key)
	wire.next("state")
	s.host.api("DELETE", s.path("/remotes/"+itoa(remote.ID)), nil).want(204)
	second.api("POST", s.path("/activities"), `{"kind":"raffle","title":"Too late"}`).problem(401, "unauthorized")
	s.refusedDial(t, "host", remote.Key, 401)

	p := s.join(t)
	p.api("PUT", s.path("/me"), `{"name":"Zoë"}`).problem(409, "conflict") // names are off
	s.host.api("PATCH", s.path(""), `{"names":true}`).want(200)
	p.api("PUT", s.path("/me"), `{"name":"Zoë"}`).want(200)
	var named struct {
		Named []struct {
			ID, Name string
			Hidden   bool
		}
	}
	s.host.api("GET", s.path(""), nil).want(200).into(&named)
	if len(named.Named) != 1 || named.Named[0].Name != "Zoë" {
		t.Fatalf("named %+v", named)
	}
	raw := s.stranger.api("GET", s.path(""), nil).want(200).body
	if strings.Contains(string(raw), named.Named[0].ID) || strings.Contains(string(raw), "Zoë") {
		t.Errorf("a stranger sees who gave a name: %s", raw)
	}
	s.host.api("PUT", s.path("/people/"+named.Named[0].ID), `{"hidden":true}`).want(200)
	var again json.RawMessage
	s.host.api("GET", s.path(""), nil).want(200).into(&again)
	if !strings.Contains(string(again), `"hidden":true`) {
		t.Errorf("the name is not hidden: %s", again)
	}
}
