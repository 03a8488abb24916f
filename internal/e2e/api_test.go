//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

// The contract's shapes, as far as the tests look at them.
type (
	eventJSON struct {
		Code       string         `json:"code"`
		Title      string         `json:"title"`
		People     peopleJSON     `json:"people"`
		Current    *int           `json:"current"`
		Activities []activityJSON `json:"activities"`
		Draws      int            `json:"draws"`
	}
	peopleJSON struct {
		Connected int `json:"connected"`
		Joined    int `json:"joined"`
	}
	activityJSON struct {
		ID         int          `json:"id"`
		Kind       string       `json:"kind"`
		Title      string       `json:"title"`
		State      string       `json:"state"`
		Run        int          `json:"run"`
		Entries    int          `json:"entries"`
		Counts     []int        `json:"counts"`
		ClosesInMS *int64       `json:"closes_in_ms"`
		Winners    []winnerJSON `json:"winners"`
		Voided     []winnerJSON `json:"voided"`
	}
	winnerJSON struct {
		Handle string `json:"handle"`
		Ticket string `json:"ticket"`
		Draw   int    `json:"draw"`
	}
	entryJSON struct {
		Status string `json:"status"`
		Run    int    `json:"run"`
		Offset string `json:"offset"`
		Ticket string `json:"ticket"`
	}
	createdJSON struct {
		Code      string `json:"code"`
		HostKey   string `json:"host_key"`
		JoinURL   string `json:"join_url"`
		ScreenURL string `json:"screen_url"`
		HostURL   string `json:"host_url"`
	}
)

// tell sends one call and returns status and body. An error means that the
// outcome is unknown.
func tell(client *http.Client, method, url, bearer string, body any) (int, []byte, error) {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, url, payload)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, data, err
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
	createdJSON
	t *testing.T
	s *server
}

func (s *server) createEvent(t *testing.T, title string) *event {
	t.Helper()
	e := &event{t: t, s: s}
	call(t, "POST", s.url()+"/api/v1/events", "", map[string]any{"title": title}, 201, &e.createdJSON)
	return e
}

func (e *event) api(path string) string { return e.s.url() + "/api/v1/events/" + e.Code + path }

func (e *event) add(spec map[string]any) activityJSON {
	e.t.Helper()
	var a activityJSON
	call(e.t, "POST", e.api("/activities"), e.HostKey, spec, 201, &a)
	return a
}

func (e *event) addPoll(title, results string, options ...string) activityJSON {
	e.t.Helper()
	return e.add(map[string]any{"kind": "poll", "title": title, "options": options, "max_choices": 1, "results": results})
}

func (e *event) addRaffle(title string, winners int) activityJSON {
	e.t.Helper()
	return e.add(map[string]any{"kind": "raffle", "title": title, "winners": winners})
}

// verb commands an activity, with details where there are any.
func (e *event) verb(id int, verb string, details ...map[string]any) activityJSON {
	e.t.Helper()
	var body any
	if len(details) > 0 {
		body = details[0]
	}
	var a activityJSON
	call(e.t, "POST", e.api(fmt.Sprintf("/activities/%d/%s", id, verb)), e.HostKey, body, 200, &a)
	return a
}

// look is the event as its host sees it.
func (e *event) look() eventJSON {
	e.t.Helper()
	var out eventJSON
	call(e.t, "GET", e.api(""), e.HostKey, nil, 200, &out)
	return out
}

func (e *event) activity(id int) activityJSON {
	e.t.Helper()
	all := e.look().Activities
	at := slices.IndexFunc(all, func(a activityJSON) bool { return a.ID == id })
	if at < 0 {
		e.t.Fatalf("no activity %d in %+v", id, all)
	}
	return all[at]
}

// join makes a participant and returns the token.
func (e *event) join() string {
	e.t.Helper()
	var out struct{ Token, Handle string }
	call(e.t, "POST", e.api("/participants"), "", map[string]any{}, 201, &out)
	return out.Token
}

func (e *event) enter(token string, entry map[string]any) entryJSON {
	e.t.Helper()
	var out entryJSON
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
