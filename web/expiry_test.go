package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
	"drumroll/web"
)

// expiring is what GET /events/{code} says of an event's end.
type expiring struct {
	ExpiresAt *time.Time `json:"expires_at"`
}

// console is the host's page.
func (s *show) console() string {
	s.host.t.Helper()
	return string(s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey).get("/" + s.Code + "/host").want(http.StatusOK).body)
}

// TestHostSeesTheExpiry: the host is told when the event goes, and activity puts that
// off; nobody else is told.
func TestHostSeesTheExpiry(t *testing.T) {
	t.Parallel()
	const keep = 30 * 24 * time.Hour
	for name, open := range map[string]func(testing.TB) store{"embedded": fileStore, "redis": redisStore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := start(t, open(t), setup{config: func(c *web.Config) { c.Retention = keep }})
			before := time.Now()
			s := n.create(t, "Kept")
			at := func() time.Time {
				t.Helper()
				var e expiring
				s.host.api("GET", s.path(""), nil).want(http.StatusOK).into(&e)
				if e.ExpiresAt == nil {
					t.Fatal("the host is not told when the event expires")
				}
				return *e.ExpiresAt
			}
			// near allows for seconds that are cut off, and for a busy machine.
			near := func(what string, got, activity time.Time) {
				t.Helper()
				if late := got.Sub(activity.Add(keep)); late < -2*time.Second || late > time.Minute {
					t.Errorf("%s: it expires at %v, want %v after %v", what, got, keep, activity)
				}
			}
			near("created", at(), before)
			poll := s.poll("Tea or coffee?", "live", "Tea", "Coffee")
			s.must(poll.ID, "open", nil)
			s.join(t).counted(poll.ID, []int{0})
			near("after an entry", at(), time.Now())

			for _, c := range []*caller{s.stranger, s.join(t).caller} {
				if a := c.api("GET", s.path(""), nil).want(http.StatusOK); strings.Contains(string(a.body), "expires") {
					t.Errorf("somebody else is told: %s", a.body)
				}
			}
			var export struct{ Event expiring }
			s.host.api("GET", s.path("/export.json"), nil).want(http.StatusOK).into(&export)
			if export.Event.ExpiresAt == nil {
				t.Error("the export does not say when the event expires")
			}
			page := s.console()
			want := "Kept until " + at().Local().Format("2 January 2006") + ", 30 days after the last activity."
			if !strings.Contains(page, want) {
				t.Errorf("the console does not say %q", want)
			}
		})
	}
}

// TestKeptForEver: without a retention there is no such date.
func TestKeptForEver(t *testing.T) {
	t.Parallel()
	s := embedded(t, setup{}).create(t, "Kept")
	body := s.host.api("GET", s.path(""), nil).want(http.StatusOK).body
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	if at, ok := members["expires_at"]; ok {
		t.Errorf("it expires at %s", at)
	}
	if !strings.Contains(s.console(), "Kept until you delete it.") {
		t.Error("the console does not say that it is kept")
	}
}

// TestExpiredUnderOurFeet: an event that expires while people look at it ends like
// a deleted one, at every node, and looking has not kept it alive.
func TestExpiredUnderOurFeet(t *testing.T) {
	t.Parallel()
	const keep = 6 * time.Second // a busy machine joins and dials within that
	dir, server := t.TempDir(), redistest.Start(t, "appendfsync", "everysec")
	for name, open := range map[string]func() (eventlog.Store, error){
		"embedded": func() (eventlog.Store, error) { return filelog.Open(dir, filelog.Config{Retention: keep}) },
		"redis": func() (eventlog.Store, error) {
			return redislog.Open(t.Context(), server.URL(), redislog.Config{Retention: keep})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := store{open: func(t testing.TB) eventlog.Store {
				log, err := open()
				if err != nil {
					t.Fatal(err)
				}
				return log
			}}
			nodes := []*node{start(t, st, setup{})}
			if name == "redis" {
				nodes = append(nodes, start(t, st, setup{}))
			}
			s := nodes[0].create(t, "Gone soon")
			p := s.join(t)
			var wires []*wire
			for _, n := range nodes {
				at := *s
				at.node = n
				wires = append(wires, at.dial(t, "phone", p.Token), at.dial(t, "screen", ""), at.dial(t, "host", s.HostKey))
			}
			for _, w := range wires {
				if code := w.closed(); code != 4410 {
					t.Errorf("%s: close code %d (%v), want 4410", w.view, code, w.err)
				}
			}
			for _, n := range nodes {
				n.caller(t, s.HostKey).api("GET", s.path(""), nil).problem(http.StatusNotFound, "unknown")
				n.caller(t, p.Token).api("POST", s.path("/entries"), map[string]any{"activity": 1}).problem(http.StatusNotFound, "unknown")
			}
		})
	}
}
