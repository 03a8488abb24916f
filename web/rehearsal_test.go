package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"drumroll/web"
)

// crowd is the state of a rehearsal's, as its host is told.
type crowd struct {
	Of, State         string
	Phones, Connected int
	Accepted, Checks  int
	Failed            []struct{ Name, Example string }
	LeavesMS          int64 `json:"leaves_in_ms"`
}

// rehearse makes a rehearsal of the event.
func (s *show) rehearse(body any) *show {
	s.host.t.Helper()
	clone := &show{node: s.node, stranger: s.stranger}
	a := s.host.api("POST", s.path("/rehearsal"), body).want(http.StatusCreated)
	a.into(clone)
	clone.host = s.node.caller(s.host.t, clone.HostKey)
	if want := "/api/v1/events/" + clone.Code; a.header.Get("Location") != want {
		s.host.t.Errorf("Location %q, want %q", a.header.Get("Location"), want)
	}
	if c := a.header.Get("Set-Cookie"); !strings.HasPrefix(c, "drumroll_host_"+clone.Code+"="+clone.HostKey+";") || !strings.Contains(c, "HttpOnly") {
		s.host.t.Errorf("the cookie is %q", c)
	}
	return clone
}

func (s *show) crowd() (c crowd) {
	s.host.t.Helper()
	s.host.api("GET", s.path("/rehearsal"), nil).want(200).into(&c)
	return c
}

func quickCrowd(phones int) map[string]any {
	return map[string]any{"phones": phones, "pace": "at_once"}
}

// A rehearsal is a copy in which a crowd votes and enters; the event notices
// nothing.
func rehearsal(t *testing.T, n *node) {
	s := n.create(t, "Gopher Meetup")
	s.host.api("PATCH", s.path(""), map[string]any{"names": true}).want(200)
	gone := s.poll("Is dropped", "live", "x")
	raffle := s.add(map[string]any{"kind": "raffle", "title": "Mugs", "winners": 2, "prizes": []string{"Cup", "Mug"}, "claim_seconds": 60,
		"winners_may_win_again": true, "eligible": map[string]any{"checked_in": true, "joined_before": time.Now().Add(-time.Hour).UnixMilli()}})
	poll := s.add(map[string]any{"kind": "poll", "title": "Best talk?", "options": []string{"A", "B", "C"}, "max_choices": 2, "results": "hidden"})
	s.host.api("PATCH", s.path("/activities/"+itoa(raffle.ID)), map[string]any{"eligible": map[string]any{"checked_in": true, "took_part": poll.ID,
		"joined_before": time.Now().Add(-time.Hour).UnixMilli()}}).want(200)
	s.host.api("DELETE", s.path("/activities/"+itoa(gone.ID)), nil).want(204)
	s.host.api("PUT", s.path("/order"), map[string]any{"activities": []int{poll.ID, raffle.ID}}).want(200)
	s.must(poll.ID, "open", nil)
	s.join(t).counted(poll.ID, []int{1})
	before := s.seen(s.host)

	clone := s.rehearse(quickCrowd(20))
	if clone.Code == s.Code || clone.HostKey == s.HostKey || clone.Title != "Gopher Meetup" || !strings.HasSuffix(clone.HostURL, clone.Code+"/host#"+clone.HostKey) {
		t.Errorf("the clone is %+v", clone)
	}
	s.host.as(clone.HostKey).api("GET", s.path("/export.json"), nil).problem(401, "unauthorized")

	// The copy: drafts in running order, with the same rules, but for those about
	// who has joined by now.
	var copied struct {
		Rehearsal, Names bool
		Current          *int
		Activities       []map[string]any
	}
	clone.host.api("GET", clone.path(""), nil).want(200).into(&copied)
	if !copied.Rehearsal || !copied.Names || copied.Current != nil || len(copied.Activities) != 2 {
		t.Fatalf("the clone is %+v", copied)
	}
	var original struct{ Activities []map[string]any }
	s.host.api("GET", s.path(""), nil).want(200).into(&original)
	original.Activities[1]["eligible"] = map[string]any{"checked_in": true, "took_part": 1.0}
	drafts := cmpopts.IgnoreMapEntries(func(key string, _ any) bool {
		return key == "id" || key == "state" || key == "entries" || key == "counts"
	})
	if diff := cmp.Diff(original.Activities, copied.Activities, drafts); diff != "" {
		t.Errorf("activities (-event +clone):\n%s", diff)
	}
	for i, a := range copied.Activities {
		if a["state"] != "draft" || a["id"] != float64(i+1) {
			t.Errorf("activity %d of the clone is %v in state %v", i+1, a["id"], a["state"])
		}
	}

	// The crowd follows its host.
	eventually(t, "all are here", func() bool { return clone.crowd().Connected == 20 })
	clone.must(1, "open", nil)
	eventually(t, "most have voted", func() bool { return clone.seen(clone.host).Activities[0].Entries >= 10 })
	clone.must(1, "close", nil)
	clone.must(1, "reveal", nil)
	clone.must(2, "open", nil)
	eventually(t, "most have entered", func() bool { return clone.seen(clone.host).Activities[1].Entries >= 10 })
	eventually(t, "its figures have come", func() bool { return clone.crowd().Accepted >= 20 })
	c := clone.crowd()
	if c.Of != s.Code || c.State != "here" || c.Phones != 20 || c.Checks < 10 || len(c.Failed) != 0 || c.LeavesMS < 10*60_000 {
		t.Errorf("the crowd is %+v", c)
	}

	// More come.
	var more crowd
	clone.host.api("POST", clone.path("/rehearsal"), quickCrowd(30)).want(200).into(&more)
	if more.Phones != 50 {
		t.Errorf("after asking for thirty more it is %+v", more)
	}
	eventually(t, "the others are here", func() bool { return clone.crowd().Connected == 50 })
	eventually(t, "somebody has given a name", func() bool {
		var e struct{ Named []struct{ Name string } }
		clone.host.api("GET", clone.path(""), nil).want(200).into(&e)
		return len(e.Named) > 0
	})

	marked(t, clone, true)

	clone.host.api("DELETE", clone.path("/rehearsal"), nil).want(204)
	clone.host.api("GET", clone.path(""), nil).problem(404, "unknown")
	if diff := cmp.Diff(before, s.seen(s.host), cmp.AllowUnexported(voided{})); diff != "" {
		t.Errorf("the event (-before +after):\n%s", diff)
	}
	if left := n.store.traces(t, clone.Code); len(left) != 0 {
		t.Errorf("of the rehearsal there is left: %v", left)
	}
	marked(t, s, false)
}

// marked looks for the mark in all that an event shows.
func marked(t *testing.T, s *show, want bool) {
	t.Helper()
	has := func(what string, got bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s of %s has the mark of a rehearsal: %v, want %v", what, s.Code, got, want)
		}
	}
	host := s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey)
	for path, c := range map[string]*caller{"": s.stranger, "/screen": s.stranger, "/verify": s.stranger, "/host": host} {
		body := string(c.get("/" + s.Code + path).want(200).body)
		has("page "+path, strings.Contains(body, `class="tape"`) && strings.Contains(body, "<title>Rehearsal: "))
	}
	has("the locked console", strings.Contains(string(s.stranger.get("/"+s.Code+"/host").want(200).body), `class="tape"`))
	has("the API", strings.Contains(string(s.stranger.api("GET", s.path(""), nil).want(200).body), `"rehearsal":true`))
	export := s.host.api("GET", s.path("/export.json"), nil).want(200)
	has("export.json", strings.Contains(string(export.body), `"rehearsal":true`) && strings.Contains(export.header.Get("Content-Disposition"), "drumroll-rehearsal-"))
	table := s.host.api("GET", s.path("/export.csv"), nil).want(200)
	rows := strings.Split(strings.TrimSpace(string(table.body)), "\n")
	for _, row := range rows {
		has("a row of export.csv", strings.HasSuffix(row, ",rehearsal"))
	}
	for view, token := range map[string]string{"phone": s.join(t).Token, "screen": "", "host": s.HostKey} {
		var frame struct {
			T, HTML string
			Event   struct{ Rehearsal bool }
		}
		if err := json.Unmarshal([]byte(s.dial(t, view, token).next("state").raw), &frame); err != nil {
			t.Fatal(err)
		}
		has("a frame of "+view, strings.Contains(frame.HTML, `class="tape"`) && frame.Event.Rehearsal)
	}
	front := s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey).get("/").want(200)
	has("the front page", strings.Contains(string(front.body), `class="tag">Rehearsal`))
}

func TestRehearsalIsRefused(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.MaxSimulated = 10 }})
	s := n.create(t, "Refused")
	s.host.api("POST", s.path("/rehearsal"), nil).problem(409, "conflict") // nothing to rehearse
	s.poll("Which?", "live", "a")
	s.stranger.api("POST", s.path("/rehearsal"), nil).problem(401, "unauthorized")
	for _, body := range []string{`{"phones":0}`, `{"phones":11}`, `{"pace":"frantic"}`, `{"phones":"many"}`} {
		s.host.api("POST", s.path("/rehearsal"), body).problem(422, "invalid")
	}
	s.host.api("GET", s.path("/rehearsal"), nil).problem(404, "unknown")
	s.host.api("DELETE", s.path("/rehearsal"), nil).problem(404, "unknown")
	s.seen(s.host) // it is still there

	var remote struct{ Key string }
	s.host.api("POST", s.path("/remotes"), map[string]any{"label": "Backup"}).want(201).into(&remote)
	s.host.as(remote.Key).api("POST", s.path("/rehearsal"), quickCrowd(1)).problem(403, "forbidden")

	// A second rehearsal takes the place of the first, and the node's bound is for all.
	first := s.rehearse(quickCrowd(8))
	second := s.rehearse(quickCrowd(8))
	first.host.api("GET", first.path(""), nil).problem(404, "unknown")
	second.host.api("POST", second.path("/rehearsal"), quickCrowd(3)).problem(503, "overloaded")
	other := n.create(t, "Another")
	other.poll("Which?", "live", "a")
	other.host.api("POST", other.path("/rehearsal"), quickCrowd(3)).problem(503, "overloaded")
	second.host.api("POST", second.path("/rehearsal"), quickCrowd(2)).want(200)
}

// One address begins a few rehearsals a minute, whatever event they are of, and none
// while crowds that it sent home are still there.
func TestRehearsalsAreFew(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.MaxSimulated = 10 }})
	s, other := n.create(t, "Few"), n.create(t, "Another")
	s.poll("Which?", "live", "a")
	other.poll("Which?", "live", "a")
	began := time.Now()
	s.rehearse(quickCrowd(10))
	last := s.rehearse(quickCrowd(10)) // it waits for the phones of the one before
	begun := 2
	a := other.host.api("POST", other.path("/rehearsal"), quickCrowd(1))
	for ; a.status != http.StatusTooManyRequests; a = other.host.api("POST", other.path("/rehearsal"), quickCrowd(1)) {
		if begun++; begun > 6+int(time.Since(began)/(10*time.Second)) {
			t.Fatalf("one address was let begin %d", begun)
		}
	}
	if begun < 5 {
		t.Errorf("one address was let begin only %d", begun)
	}
	if after := a.header.Get("Retry-After"); after != "10" {
		t.Errorf("Retry-After %q", after)
	}
	last.seen(last.host) // it is still there
}

// Who hosts an event may rehearse it where making events takes a key.
func TestRehearsalNeedsNoCreateKey(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.CreateKey = "sesame" }})
	s := &show{node: n, stranger: n.caller(t, "")}
	s.stranger.api("POST", "/events", map[string]any{"title": "Keyed", "create_key": "sesame"}).want(201).into(s)
	s.host = n.caller(t, s.HostKey)
	s.raffle(1)
	s.rehearse(quickCrowd(1))
}

// A browser is led back to a rehearsal that it left open, also by a node that was
// started again, where the crowd is gone.
func TestRehearsalOutlivesItsNode(t *testing.T) {
	t.Parallel()
	st := fileStore(t)
	n := start(t, st, setup{})
	s := n.create(t, "Restart")
	s.poll("Which?", "live", "a", "b")
	clone := s.rehearse(quickCrowd(6))
	eventually(t, "all are here", func() bool { return clone.crowd().Connected == 6 })
	n.stop()

	n = start(t, st, setup{})
	again := &show{node: n, Code: clone.Code, HostKey: clone.HostKey, host: n.caller(t, clone.HostKey), stranger: n.caller(t, "")}
	if c := again.crowd(); c.State != "none" || c.Of != s.Code || c.Connected != 0 {
		t.Errorf("the crowd is %+v", c)
	}
	cookies := "drumroll_host_" + s.Code + "=" + s.HostKey + "; drumroll_host_" + clone.Code + "=" + clone.HostKey
	browser := n.caller(t, "").with("Cookie", cookies)
	if page := string(browser.get("/" + clone.Code + "/host").want(200).body); !strings.Contains(page, "The crowd is gone") || !strings.Contains(page, "Fill it again") {
		t.Errorf("the console does not say that the crowd is gone:\n%s", page)
	}
	if page := string(browser.get("/" + s.Code + "/host").want(200).body); !strings.Contains(page, `href="/`+clone.Code+`/host">go back to it`) {
		t.Error("the event's console does not lead back to its rehearsal")
	}
	again.host.api("POST", again.path("/rehearsal"), quickCrowd(4)).want(200)
	eventually(t, "they are here", func() bool { return again.crowd().Connected == 4 })

	// From the event's console a new one takes its place, though this node did not make it.
	var fresh show
	browser.api("POST", "/events/"+s.Code+"/rehearsal", quickCrowd(1)).want(201).into(&fresh)
	again.host.api("GET", again.path(""), nil).problem(404, "unknown")
}
