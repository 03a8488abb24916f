package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEntryCall: an entry is answered alike whether it takes the short way or, for
// a parameter of its media type, the router's.
func TestEntryCall(t *testing.T) {
	t.Parallel()
	n := bolt(t, setup{})
	s := n.create(t, "Two ways")
	open := s.poll("Open", "live", "A", "B", "C")
	s.must(open.ID, "open", nil)
	raffle := s.raffle(1)
	s.must(raffle.ID, "open", nil)
	closed := s.poll("Closed", "live", "A", "B")
	s.must(closed.ID, "open", nil)
	s.must(closed.ID, "close", nil)
	draft := s.poll("Draft", "live", "A", "B")
	other := n.create(t, "Another").join(t)

	id := func(body string) string {
		return strings.NewReplacer("OPEN", itoa(open.ID), "RAFFLE", itoa(raffle.ID), "CLOSED", itoa(closed.ID), "DRAFT", itoa(draft.ID)).Replace(body)
	}
	path := s.path("/entries")
	short, long := s.join(t), s.join(t)
	for _, c := range []struct {
		path, token, body string
		header            http.Header
	}{
		{body: `{"activity":OPEN,"choice":[1]}`},
		{body: `{"activity":OPEN,"choice":[1],"run":1,"n":5}`},
		{body: `{"activity":OPEN,"choice":[2],"run":1,"n":6}`},
		{body: `{"activity":OPEN,"choice":[0],"run":1,"n":2}`},
		{body: `{"activity":OPEN,"choice":[0],"run":2}`},
		{body: `{"activity":OPEN,"choice":[0,1]}`},
		{body: `{"activity":OPEN,"choice":[3]}`},
		{body: `{"activity":OPEN,"choice":[]}`},
		{body: `{"activity":OPEN}`},
		{body: `{"activity":CLOSED,"choice":[0]}`},
		{body: `{"activity":DRAFT,"choice":[0]}`},
		{body: `{"activity":99,"choice":[0]}`},
		{body: `{"activity":RAFFLE,"nonce":"AAAAAAAAAAAAAAAAAAAAAA"}`},
		{body: `{"activity":RAFFLE}`},
		{body: `{"activity":RAFFLE,"nonce":"short"}`},
		{body: `{"t":"entry","ref":"x","activity":OPEN,"choice":[1]}`},
		{body: ` { "activity" : OPEN , "choice" : [ 2 ] } `},
		{body: `{"activity":OPEN,"choice":[1]}x`},
		{body: `{"activity":OPEN,"choice":[1]`},
		{body: `{"activity":"OPEN"}`},
		{body: `[]`},
		{body: ``},
		{body: `{"activity":OPEN,"choice":[1],"more":"` + strings.Repeat("x", 500) + `"}`},
		{body: `{"activity":OPEN,"choice":[1],"more":"` + strings.Repeat("x", 5000) + `"}`},
		{body: `{"activity":OPEN,"choice":[0]}`, token: "none"},
		{body: `{"activity":OPEN,"choice":[0]}`, token: "wrong"},
		{body: `{"activity":OPEN,"choice":[0]}`, token: other.Token},
		{body: `{"activity":OPEN,"choice":[0]}`, path: s.path("/Entries")},
		{body: `{"activity":OPEN,"choice":[0]}`, path: "/events/" + strings.ToLower(s.Code) + "/entries"},
		{body: `{"activity":OPEN,"choice":[0]}`, path: "/events/ZZZZZZ/entries"},
		{body: `{"activity":OPEN,"choice":[0]}`, path: "/events/" + s.Code + "0/entries"},
		{body: `{"activity":OPEN,"choice":[0]}`, header: http.Header{"Origin": {"https://foe.example"}}},
		{body: `{"activity":OPEN,"choice":[0]}`, header: http.Header{"Sec-Fetch-Site": {"cross-site"}}},
		{body: `{"activity":OPEN,"choice":[2]}`, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}},
	} {
		if c.path == "" {
			c.path = path
		}
		type told struct {
			Status int
			Header http.Header
			Body   map[string]any
		}
		// Each way has a participant of its own, to whom the same things happened.
		ask := func(p *phone, kind string) (a told) {
			token := p.Token
			switch c.token {
			case "":
			case "none":
				token = ""
			default:
				token = c.token
			}
			caller := n.caller(t, token)
			for name, values := range c.header {
				caller = caller.with(name, values[0])
			}
			got := caller.send(http.MethodPost, "/api/v1"+c.path, kind, id(c.body))
			a.Status, a.Header = got.status, got.header
			if strings.Contains(got.header.Get("Content-Type"), "json") {
				got.into(&a.Body)
			}
			for _, name := range []string{"Date", "Content-Length"} {
				a.Header.Del(name)
			}
			for _, name := range []string{"offset", "ticket"} { // another record, another pseudonym
				if v, ok := a.Body[name].(string); ok {
					a.Body[name] = len(v)
				}
			}
			return a
		}
		if diff := cmp.Diff(ask(long, "application/json; charset=utf-8"), ask(short, "application/json")); diff != "" {
			t.Errorf("%s %s %v (-the router's +the short way):\n%s", c.path, c.body, c.header, diff)
		}
	}
}
