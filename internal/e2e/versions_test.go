//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/redistest"
)

const updateTheServer = "have the server updated"

// Two nodes of two versions share one Redis. As long as an event holds what both know,
// they agree; from the newer one's own kind on the older one stands aside for that
// event, says so, and takes nothing for something else. Updated, it agrees again.
func TestTwoVersionsOnOneRedis(t *testing.T) {
	newer := buildNewer(t)
	redis := redistest.Start(t)
	older := startNode(t, redis)
	updated := startBinary(t, newer, redis)
	e, other := older.createEvent(t, "Rolling upgrade"), older.createEvent(t, "Another evening")
	there, otherThere := e.at(updated), other.at(updated)

	// What the older node writes the newer one folds, and what both know the other way round.
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	there.verb(poll.ID, "open")
	for range 10 {
		e.enter(e.join(), map[string]any{"activity": poll.ID, "choice": []int{0}})
		there.enter(there.join(), map[string]any{"activity": poll.ID, "choice": []int{1}})
	}
	sameExport(t, e, there)
	phone := newDevice(t, "phone", handheld, calm).open(e.JoinURL)
	screen := newDevice(t, "screen", calm).open(e.ScreenURL)
	host := newDevice(t, "host").open(e.HostURL)
	views := []*device{phone, screen, host}
	for _, d := range views {
		d.tolerate(away...)
	}
	vote(phone, poll.ID, 0)
	host.shows("body[data-link=connected]")

	clapping := there.add(map[string]any{"kind": madeUp, "title": "How loud?", "min": 1, "max": 5})
	there.verb(clapping.ID, "open")
	for i := range 10 {
		there.enter(there.join(), map[string]any{"activity": clapping.ID, "value": 1 + i%5})
	}
	standsAside(t, e)
	for _, d := range views {
		d.shows("#stopped")
		if told, said := d.text("#stopped"), d.text("#announce"); !strings.Contains(told, updateTheServer) || said != told {
			t.Errorf("%s: shows %q and tells screen readers %q", d.name, told, said)
		}
	}
	phone.shows("#link[data-status=stopped]")
	screen.hides("#lost")
	screen.shows("[data-scene]") // never blank
	phone.click(option(poll.ID, 1))

	// Another event goes on at both.
	also := other.addPoll("Encore?", "live", "Yes", "No")
	other.verb(also.ID, "open")
	other.enter(other.join(), map[string]any{"activity": also.ID, "choice": []int{0}})
	otherThere.enter(otherThere.join(), map[string]any{"activity": also.ID, "choice": []int{0}})
	sameExport(t, other, otherThere)
	if got := there.activity(clapping.ID); got.Kind != madeUp || !slices.Equal(got.Counts, []int{2, 2, 2, 2, 2}) {
		t.Errorf("the newer node counts %+v", got)
	}

	older.stop()
	older.node.Path = newer
	older.launch()
	for _, d := range views {
		eventually(t, time.Minute, d.name+" goes on by itself", func() bool { return !d.visible("#stopped") && !strings.Contains(d.body(), "econnecting") })
	}
	phone.shows(connected)
	// What was tapped while it stood still was kept, and counts once.
	eventually(t, time.Minute, "the tap is counted", func() bool { return slices.Equal(there.activity(poll.ID).Counts, []int{10, 11}) })
	e.enter(e.join(), map[string]any{"activity": clapping.ID, "value": 5})
	if got := there.activity(clapping.ID); !slices.Equal(got.Counts, []int{2, 2, 2, 2, 3}) {
		t.Errorf("the nodes of one version count %+v", got)
	}
	sameExport(t, e, there)
}

// at is the same event at another node.
func (e *event) at(s *server) *event { return &event{Created: e.Created, t: e.t, s: s} }

// standsAside checks that a node serves nothing of an event, and says why.
func standsAside(t *testing.T, e *event) {
	t.Helper()
	refuses := func(method, path, bearer string, body any) {
		t.Helper()
		status, answer, err := tell(http.DefaultClient, method, e.s.url()+path, bearer, body)
		if err != nil || status != 503 || !strings.Contains(string(answer), updateTheServer) {
			t.Errorf("%s %s of a newer event: status %d, %v: %s", method, path, status, err, answer)
		}
	}
	api := "/api/v1/events/" + e.Code
	refuses("GET", api, "", nil)
	refuses("GET", api, e.HostKey, nil)
	refuses("GET", api+"/export.json", e.HostKey, nil)
	refuses("POST", api+"/participants", "", map[string]any{})
	refuses("POST", api+"/activities/1/close", e.HostKey, map[string]any{})
	for _, page := range []string{"", "/screen", "/host"} {
		refuses("GET", "/"+e.Code+page, "", nil)
	}
	if s, err := dial(e.s, e.Code, "screen", ""); err == nil {
		s.Close()
		t.Error("the older node opens a socket for a newer event")
	}
}

// sameExport checks that two nodes tell the same of an event, but for who is connected.
func sameExport(t *testing.T, a, b *event) {
	t.Helper()
	var seen [2]map[string]any
	for i, e := range []*event{a, b} {
		call(t, "GET", e.api("/export.json"), e.HostKey, nil, 200, &seen[i])
		about, ok := seen[i]["event"].(map[string]any)
		if !ok || len(about) == 0 {
			t.Fatalf("an export without its event: %v", slices.Collect(maps.Keys(seen[i])))
		}
		delete(about["people"].(map[string]any), "connected")
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("the nodes differ about %q (-one +other):\n%s", a.Code, diff)
	}
}
