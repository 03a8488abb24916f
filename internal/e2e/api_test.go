//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"drumroll/internal/contract"
)

// tell sends one call and returns status and body. An error means that the
// outcome is unknown.
func tell(client *http.Client, method, url, bearer string, body any) (int, []byte, error) {
	c := contract.Client{HTTP: client, Server: url, Bearer: bearer}
	status, _, data, err := c.Send(context.Background(), method, "", body)
	return status, data, err
}

// call is tell for calls that must be answered with the status want; the answer
// is read into out, unless that is nil.
func call(t *testing.T, method, url, bearer string, body any, want int, out any) {
	t.Helper()
	status, data, err := tell(http.DefaultClient, method, url, bearer, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	if status != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, url, status, want, data)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, data)
		}
	}
}

func decode(t *testing.T, text string, out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// event is one event, spoken to with its host's key.
type event struct {
	contract.Created
	t *testing.T
	s *server
}

func (s *server) createEvent(t *testing.T, title string) *event {
	t.Helper()
	e := &event{t: t, s: s}
	call(t, "POST", s.url()+"/api/v1/events", "", map[string]any{"title": title}, 201, &e.Created)
	return e
}

func (e *event) api(path string) string { return e.s.url() + "/api/v1/events/" + e.Code + path }

func (e *event) add(spec map[string]any) contract.Activity {
	e.t.Helper()
	var a contract.Activity
	call(e.t, "POST", e.api("/activities"), e.HostKey, spec, 201, &a)
	return a
}

func (e *event) addPoll(title, results string, options ...string) contract.Activity {
	e.t.Helper()
	return e.add(map[string]any{"kind": "poll", "title": title, "options": options, "max_choices": 1, "results": results})
}

func (e *event) addRaffle(title string, winners int) contract.Activity {
	e.t.Helper()
	return e.add(map[string]any{"kind": "raffle", "title": title, "winners": winners})
}

// verb commands an activity, with details where there are any.
func (e *event) verb(id int, verb string, details ...map[string]any) contract.Activity {
	e.t.Helper()
	var body any
	if len(details) > 0 {
		body = details[0]
	}
	var a contract.Activity
	call(e.t, "POST", e.api(fmt.Sprintf("/activities/%d/%s", id, verb)), e.HostKey, body, 200, &a)
	return a
}

// look is the event as its host sees it.
func (e *event) look() contract.Event {
	e.t.Helper()
	var out contract.Event
	call(e.t, "GET", e.api(""), e.HostKey, nil, 200, &out)
	return out
}

func (e *event) activity(id int) contract.Activity {
	e.t.Helper()
	seen := e.look()
	a := seen.Activity(id)
	if a == nil {
		e.t.Fatalf("no activity %d in %+v", id, seen.Activities)
	}
	return *a
}

// join makes a participant and returns the token.
func (e *event) join() string {
	e.t.Helper()
	var out contract.Joined
	call(e.t, "POST", e.api("/participants"), "", map[string]any{}, 201, &out)
	return out.Token
}

func (e *event) enter(token string, entry map[string]any) contract.Entered {
	e.t.Helper()
	var out contract.Entered
	call(e.t, "POST", e.api("/entries"), token, entry, 200, &out)
	return out
}

// eventually waits until a condition holds; the condition is asked again and
// again, for what it looks at has no way to tell.
func eventually(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for pause := 5 * time.Millisecond; !condition(); pause = min(2*pause, 100*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(pause)
	}
}
