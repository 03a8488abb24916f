package web_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"drumroll/web"
)

// TestHostHeader: the Host header makes links only where it is a name, and never
// markup.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Host header")
	for host, base := range map[string]string{
		"drumroll.lan:8080":         "http://drumroll.lan:8080",
		"[::1]:9":                   "http://[::1]:9",
		`evil"><script>`:            "http://localhost",
		"a;script-src'unsafe-eval'": "http://localhost",
	} {
		c := n.caller(t, "")
		c.host = host
		a := c.api("POST", "/events", `{"title":"x"}`)
		if a.status == http.StatusBadRequest {
			continue // net/http refuses it by itself
		}
		var created struct {
			JoinURL string `json:"join_url"`
		}
		a.want(201).into(&created)
		if !strings.HasPrefix(created.JoinURL, base+"/") {
			t.Errorf("host %q: join URL %q, want below %s", host, created.JoinURL, base)
		}
		page := c.get("/" + s.Code + "/screen").want(200)
		strictPage(t, page)
		if strings.Contains(string(page.body), "evil") || strings.Contains(page.header.Get("Content-Security-Policy"), "eval") {
			t.Errorf("host %q is in the page or its policy: %s", host, page.header.Get("Content-Security-Policy"))
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	lan := func(c *web.Config) { c.LAN = netip.MustParseAddrPort("192.168.1.5:8080") }
	for name, c := range map[string]struct {
		config     func(*web.Config)
		host, want string
	}{
		"from the request":       {nil, "drumroll.lan", "http://drumroll.lan"},
		"localhost on a LAN":     {lan, "localhost:8080", "http://192.168.1.5:8080"},
		"127.0.0.1 on a LAN":     {lan, "127.0.0.1:8080", "http://192.168.1.5:8080"},
		"a name on a LAN":        {lan, "laptop.local:8080", "http://laptop.local:8080"},
		"localhost without LAN":  {nil, "localhost:8080", "http://localhost:8080"},
		"the public URL":         {publicURL("https://drumroll.example"), "localhost:8080", "https://drumroll.example"},
		"the public URL, a port": {publicURL("https://drumroll.example:8443"), "other", "https://drumroll.example:8443"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := embedded(t, setup{config: c.config})
			caller := n.caller(t, "")
			caller.host = c.host
			var created struct {
				Code    string
				JoinURL string `json:"join_url"`
			}
			caller.api("POST", "/events", `{"title":"x"}`).want(201).into(&created)
			if want := c.want + "/" + created.Code; created.JoinURL != want {
				t.Errorf("join URL %q, want %q", created.JoinURL, want)
			}
			_, typed, _ := strings.Cut(c.want, "://")
			if !strings.Contains(textOf(t, caller.get("/"+created.Code+"/screen").want(200)), typed) {
				t.Errorf("the screen does not say %s", typed)
			}
			// The QR code says the same, in whatever case.
			if got := scan(t, caller.get("/"+created.Code+"/qr.svg").want(200)); !strings.EqualFold(got, c.want+"/"+created.Code) {
				t.Errorf("the QR code says %q", got)
			}
		})
	}
}

// TestForwardedHeaders: believed from trusted proxies alone.
func TestForwardedHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config  func(*web.Config)
		trusted bool
	}{
		"no proxy":      {nil, false},
		"another proxy": {trusting("10.0.0.0/8"), false},
		"trusted proxy": {trusting("127.0.0.0/8"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := embedded(t, setup{config: c.config})
			s := n.create(t, "Proxied")
			proxied := s.stranger.with("X-Forwarded-Proto", "https")
			var created struct {
				JoinURL string `json:"join_url"`
			}
			proxied.api("POST", "/events", `{"title":"x"}`).want(201).into(&created)
			if got := strings.HasPrefix(created.JoinURL, "https://"); got != c.trusted {
				t.Errorf("join URL %q", created.JoinURL)
			}
			for what, cookie := range map[string]*http.Cookie{
				"page": setCookie(t, proxied.get("/"+s.Code).want(200), "drumroll_"+s.Code),
				"join": setCookie(t, proxied.api("POST", s.path("/participants"), nil).want(201), "drumroll_"+s.Code),
				"host": setCookie(t, proxied.send("POST", "/"+s.Code+"/host", "application/x-www-form-urlencoded", "key="+s.HostKey).want(303), "drumroll_host_"+s.Code),
			} {
				if cookie.Secure != c.trusted {
					t.Errorf("%s: cookie is secure: %t", what, cookie.Secure)
				}
			}
			// Wrong keys are limited by address: whose it is depends on who says so.
			wrong := s.stranger.as("wrong")
			flood := func(from string) (taken int) { // before the first that is refused
				for ; taken < 1000; taken++ {
					if wrong.with("X-Forwarded-For", from).api("DELETE", s.path(""), nil).status == http.StatusTooManyRequests {
						return taken
					}
				}
				t.Error("1,000 wrong keys from one address were never refused")
				return taken
			}
			flood("203.0.113.1")
			if other := flood("203.0.113.2"); (other >= 100) != c.trusted {
				t.Errorf("another forwarded address may try %d wrong keys", other)
			}
			// The right key works all the same.
			s.host.api("POST", s.path("/activities"), `{"kind":"raffle","title":"x"}`).want(201)
		})
	}
}
