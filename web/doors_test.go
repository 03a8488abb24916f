package web_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/eventlog"
	"drumroll/web"
)

// TestDoors: beyond the phones that the node can let in, sockets, joins and pages
// are refused with the time to come again; hosts and screens are not.
func TestDoors(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.Arrivals = 1e-3 }})
	s := n.create(t, "Doors")
	s.poll("P", "live", "A", "B")
	p := s.join(t) // the one that is let in
	again := func(what string, h http.Header) {
		t.Helper()
		if after, err := strconv.Atoi(h.Get("Retry-After")); err != nil || after < 1 || after > 60 {
			t.Errorf("%s: Retry-After %q", what, h.Get("Retry-After"))
		}
	}
	for s.stranger.api("POST", s.path("/participants"), nil).status == http.StatusCreated {
		// Joins cost less than sockets: it is a few until they are as much as one.
	}
	for range 3 {
		a := s.stranger.api("POST", s.path("/participants"), nil)
		a.problem(http.StatusServiceUnavailable, "arrivals")
		again("join", a.header)
		page := s.stranger.get("/" + s.Code).want(http.StatusServiceUnavailable)
		again("page", page.header)
		if page.header.Get("Refresh") != page.header.Get("Retry-After") || !strings.Contains(string(page.body), "by itself") {
			t.Errorf("the page does not load itself again: Refresh %q\n%s", page.header.Get("Refresh"), page.body)
		}
		_, res, err := s.open(t, "?view=phone", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + p.Token}}})
		if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("a phone's socket is let in: %v", err)
		}
		again("socket", res.Header)
	}
	s.dial(t, "host", s.HostKey).next("state")
	s.dial(t, "screen", "").next("state")
	s.must(1, "open", nil)

	// The host's browser may look at the phone's page, too.
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(n.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(base, []*http.Cookie{{Name: "drumroll_host_" + s.Code, Value: s.HostKey}})
	own := n.caller(t, "")
	own.client.Jar = jar
	own.get("/" + s.Code).want(http.StatusOK)
	own.get("/" + s.Code + "/host").want(http.StatusOK)
	jar.SetCookies(base, []*http.Cookie{{Name: "drumroll_host_" + s.Code, Value: "wrong"}})
	own.get("/" + s.Code).want(http.StatusServiceUnavailable)
	// Who is in goes on.
	p.counted(1, []int{0})
}

// TestNoPlaceForNobody: what cannot become a socket takes no place at the doors, and
// one address takes no more of the screens' than its own.
func TestNoPlaceForNobody(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) {
		c.Arrivals = 1e-3 // one phone
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}})
	s := n.create(t, "Strangers")
	attacker := n.caller(t, "").with("X-Forwarded-For", "203.0.113.7")
	upgrading := attacker.with("Connection", "keep-alive, Upgrade").with("Upgrade", "WebSocket")
	for range 120 {
		for _, view := range []string{"phone", "screen"} {
			attacker.get("/ZZZZZZ/ws?view=" + view).want(http.StatusNotFound)
			upgrading.get("/ZZZZZZ/ws?view=" + view).want(http.StatusNotFound)
		}
		attacker.get("/" + s.Code + "/ws?view=phone").want(http.StatusUnauthorized)
		attacker.get("/" + s.Code + "/ws?view=screen").want(http.StatusUpgradeRequired)
		attacker.api("POST", "/events/ZZZZZZ/participants", nil).want(http.StatusNotFound)
	}
	upgrading.get("/" + s.Code + "/ws?view=phone").want(http.StatusUnauthorized) // its place was left
	upgrading.get("/"+s.Code+"/ws?view=phone").problem(http.StatusServiceUnavailable, "arrivals")

	began := time.Now()
	tried := 0
	for upgrading.get("/"+s.Code+"/ws?view=screen").status != http.StatusTooManyRequests {
		if tried++; tried > 50+10*(1+int(time.Since(began).Seconds())) {
			t.Fatalf("one address was let in %d times", tried)
		}
	}
	if tried < 50 {
		t.Errorf("one address was let in only %d times", tried)
	}
	dial := func(from, cookie string) (*wire, error) {
		w, _, err := s.open(t, "?view=screen", &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {from}, "Cookie": {cookie}}})
		return w, err
	}
	for from, cookie := range map[string]string{"203.0.113.8": "", "203.0.113.7": "drumroll_host_" + s.Code + "=" + s.HostKey} {
		w, err := dial(from, cookie)
		if err != nil {
			t.Fatalf("a projector at %s with cookie %q: %v", from, cookie, err)
		}
		w.next("state")
	}
}

// TestHostGoesFirst: while the log has more entries than it can take, and refuses
// more, the host's commands, pages and sockets work.
func TestHostGoesFirst(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{maxPending: 40, wrap: func(l eventlog.Store) eventlog.Store { return tired{l} }})
	s := n.create(t, "Full house")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	ctx, stop := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	var refused atomic.Bool
	var phones []*wire
	for range 8 {
		phones = append(phones, s.dial(t, "phone", s.join(t).Token))
	}
	for _, w := range phones {
		crowd.Go(func() { // sixteen entries at a time, as fast as it goes
			for k := 1; ctx.Err() == nil; k++ {
				err := w.conn.Write(ctx, websocket.MessageText, []byte(`{"t":"entry","ref":0,"activity":1,"choice":[`+itoa(k%2)+`],"run":1,"n":`+itoa(k)+`}`))
				if err != nil {
					return
				}
				if k%16 == 0 {
					for range 16 {
						f, ok := <-w.frames
						for ok && f.T != "ack" {
							f, ok = <-w.frames
						}
						if f.Status == "retry" {
							refused.Store(true)
						}
					}
				}
			}
		})
	}
	defer crowd.Wait()
	defer stop()
	for began := time.Now(); !refused.Load(); {
		if time.Since(began) > patience {
			t.Fatal("the crowd was never refused")
		}
		s.seen(s.stranger)
	}
	began := time.Now()
	for range 3 {
		s.must(1, "close", nil)
		s.must(1, "open", nil)
		s.dial(t, "host", s.HostKey).next("state")
		s.dial(t, "screen", "").next("state")
		s.host.get("/" + s.Code + "/host").want(http.StatusOK)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("the host's fifteen acts took %v", took)
	}
}

// tired is a log that takes 5 ms for each append.
type tired struct{ eventlog.Store }

func (l tired) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	timer := time.NewTimer(5 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return eventlog.Offset{}, ctx.Err()
	}
	return l.Store.Append(ctx, code, records)
}
