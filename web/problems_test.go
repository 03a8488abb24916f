package web_test

import (
	"net/http"
	"strings"
	"testing"

	"drumroll/web"
)

// TestBadInput is the list of what is refused, with how.
func TestBadInput(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Bad input")
	other := n.create(t, "Other")
	s.poll("P", "live", "A", "B")
	s.add(map[string]any{"kind": "poll", "title": "Three", "options": []string{"A", "B", "C"}, "max_choices": 2})
	s.must(1, "open", nil)
	s.must(2, "open", nil)
	p, foreign := s.join(t), other.join(t)
	entries, activities := s.path("/entries"), s.path("/activities")
	long := strings.Repeat("é", 201)
	many := `["x"` + strings.Repeat(`,"x"`, 50) + `]`

	for _, c := range []struct {
		who          *caller
		method, path string
		body         string
		status       int
		code         string
	}{
		// Malformed and oversized JSON.
		{s.stranger, "POST", "/events", `{"title":`, 422, "invalid"},
		{s.stranger, "POST", "/events", ``, 422, "invalid"},
		{s.stranger, "POST", "/events", `[]`, 422, "invalid"},
		{s.stranger, "POST", "/events", `"x"`, 422, "invalid"},
		{s.stranger, "POST", "/events", `{"title":"x"} {}`, 422, "invalid"},
		{s.stranger, "POST", "/events", `{"title":7}`, 422, "invalid"},
		{s.stranger, "POST", "/events", `{"title":"` + strings.Repeat("x", 70_000) + `"}`, 413, "too_large"},
		{s.stranger, "POST", "/events", `{"title":"x"}` + strings.Repeat(" ", 70_000), 413, "too_large"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[0]` + strings.Repeat(" ", 5000) + `}`, 413, "too_large"},
		{p.caller, "POST", entries, `{"activity":"1","choice":[0]}`, 422, "invalid"},

		// Texts.
		{s.stranger, "POST", "/events", `{"title":" \t "}`, 422, "invalid"},
		{s.stranger, "POST", "/events", `{"title":"` + long + `"}`, 422, "invalid"},
		{s.stranger, "POST", "/events", `{"title":"a\u0000b"}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"` + long + `","options":["A"]}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":["` + long + `"]}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":[" "]}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":[]}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":` + many + `}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":["A"],"max_choices":2}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":["A"],"max_choices":-1}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"poll","title":"x","options":["A"],"results":"secret"}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"quiz","title":"x"}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"raffle","title":"x","winners":-1}`, 422, "invalid"},
		{s.host, "POST", activities, `{"kind":"raffle","title":"x","options":["A"]}`, 422, "invalid"},
		{s.host, "PATCH", s.path("/activities/1"), `{"title":"x"}`, 409, "conflict"}, // drafts only
		{s.host, "DELETE", s.path("/activities/1"), ``, 409, "conflict"},
		{s.host, "PUT", s.path("/order"), `{}`, 422, "invalid"},
		{s.host, "PUT", s.path("/order"), `{"activities":[1,1]}`, 409, "conflict"},
		{s.host, "POST", s.path("/current"), `{"id":99}`, 404, "unknown"},
		{p.caller, "PUT", s.path("/me"), `{"name":""}`, 422, "invalid"},

		// Unknown codes and what is in no route.
		{s.stranger, "GET", "/events/ZZZZZZ", ``, 404, "unknown"},
		{s.stranger, "GET", "/events/short", ``, 404, "unknown"},
		{s.stranger, "GET", "/events/..%2F..%2Fetc", ``, 404, "unknown"},
		{s.stranger, "POST", "/events/ZZZZZZ/participants", ``, 404, "unknown"},
		{s.stranger, "GET", "/nothing", ``, 404, "unknown"},
		{s.stranger, "GET", s.path("/nothing"), ``, 404, "unknown"},
		{s.stranger, "GET", s.path("/draws/0"), ``, 404, "unknown"},
		{s.stranger, "GET", s.path("/draws/x"), ``, 404, "unknown"},
		{s.host, "POST", s.path("/activities/x/open"), ``, 404, "unknown"},
		{s.stranger, "PUT", "/events", `{}`, 405, "method"},
		{s.stranger, "PATCH", entries, `{}`, 405, "method"},

		// Keys and tokens.
		{s.stranger, "POST", activities, `{"kind":"raffle","title":"x"}`, 401, "unauthorized"},
		{other.host, "POST", activities, `{"kind":"raffle","title":"x"}`, 401, "unauthorized"},
		{p.caller, "POST", activities, `{"kind":"raffle","title":"x"}`, 401, "unauthorized"},
		{s.stranger, "POST", entries, `{"activity":1,"choice":[0]}`, 401, "unauthorized"},
		{foreign.caller, "POST", entries, `{"activity":1,"choice":[0]}`, 401, "unauthorized"},
		{s.host, "POST", entries, `{"activity":1,"choice":[0]}`, 401, "unauthorized"},
		{s.stranger.as("nonsense"), "GET", s.path(""), ``, 401, "unauthorized"},
		{s.stranger.as(foreign.Token), "GET", s.path(""), ``, 401, "unauthorized"},
		{s.stranger.as("nonsense"), "DELETE", s.path(""), ``, 401, "unauthorized"},

		// Entries.
		{p.caller, "POST", entries, `{"activity":9,"choice":[0]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":0,"choice":[0]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"choice":[0]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[2]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[-1]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[99]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[0,1]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":2,"choice":[0,1,2]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":2,"choice":[1,1]}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[0],"n":-1}`, 422, "invalid"},
		{p.caller, "POST", entries, `{"activity":1,"choice":[0],"run":2}`, 409, "closed"},
	} {
		a := c.who.api(c.method, c.path, c.body)
		if a.status != c.status {
			t.Errorf("%s with %.60s: %d, want %d\n%s", a.what, c.body, a.status, c.status, a.body)
			continue
		}
		a.problem(c.status, c.code)
		if c.status == 405 && a.header.Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", a.what)
		}
		if c.status == 401 && a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: 401 without WWW-Authenticate", a.what)
		}
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/problem+json", "multipart/form-data; boundary=x", ";"} {
		s.stranger.send("POST", "/api/v1/events", kind, `{"title":"x"}`).problem(415, "media_type")
		p.send("POST", "/api/v1"+entries, kind, `{"activity":1,"choice":[0]}`).problem(415, "media_type")
	}
	s.stranger.send("POST", "/api/v1/events", "application/json; charset=utf-8", `{"title":"x"}`).want(201)

	if a := s.seen(s.stranger).Activities[0]; a.Entries != 0 {
		t.Errorf("something of the above was counted: %+v", a)
	}
}

// TestTexts: whatever people write comes back as they wrote it, and never as
// markup.
func TestTexts(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	for name, text := range map[string]string{
		"HTML":        `<script>alert("x")</script><b>&amp;`,
		"emoji":       "👩‍👩‍👧‍👦 🏳️‍🌈 ¿Qué?",
		"RTL":         "שלום עולם — مرحبا",
		"200 runes":   strings.Repeat("漢", 200),
		"quotes":      `"'` + "`" + `</title>`,
		"line breaks": "one\u2028two",
	} {
		s := n.create(t, text)
		s.poll(text, "live", text, "other")
		a := s.must(1, "open", nil)
		if s.Title != text || a.Title != text || a.Options[0] != text {
			t.Errorf("%s: came back as %q, %q, %q", name, s.Title, a.Title, a.Options[0])
		}
		host := s.host.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey).as("")
		for _, path := range []string{"", "/screen", "/host", "/verify"} {
			page := host.get("/" + s.Code + path).want(200)
			if path != "/verify" && !strings.Contains(textOf(t, page), text) {
				t.Errorf("%s: not on %s", name, path)
			}
			strictPage(t, page)
		}
		frame := s.dial(t, "screen", "").next("state")
		if frame.Event.Title != text || strings.Contains(frame.HTML, "<script") {
			t.Errorf("%s: frame %s", name, frame.raw)
		}
	}
}

func TestCreateKey(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: func(c *web.Config) { c.CreateKey = "sesame" }})
	c := n.caller(t, "")
	for _, body := range []string{`{"title":"x"}`, `{"title":"x","create_key":""}`, `{"title":"x","create_key":"Sesame"}`} {
		c.api("POST", "/events", body).problem(401, "unauthorized")
	}
	c.api("POST", "/events", `{"title":"x","create_key":"sesame"}`).want(201)
	c.send("POST", "/", "application/x-www-form-urlencoded", "title=x").want(401)
	c.send("POST", "/", "application/x-www-form-urlencoded", "title=x&create_key=sesame").want(http.StatusSeeOther)
}

func TestCodeInAnyCase(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Case")
	lower := strings.ToLower(s.Code)
	s.stranger.api("GET", "/events/"+lower, nil).want(200)
	for _, path := range []string{"", "/screen", "/host", "/verify", "/qr.svg"} {
		s.stranger.get("/" + lower + path).want(200)
	}
	var joined struct{ Token string }
	s.stranger.api("POST", "/events/"+lower+"/participants", nil).want(201).into(&joined)
	s.caller(t, joined.Token).api("POST", s.path("/entries"), `{"activity":1}`).problem(422, "invalid")
}

// TestCookies: a tampered cookie is a fresh participant on the page and an error
// of the API.
func TestCookies(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Cookies")
	other := n.create(t, "Other")
	a := s.stranger.api("POST", s.path("/participants"), `{"name":"Ann"}`).want(201)
	cookie := setCookie(t, a, "drumroll_"+s.Code)
	if !cookie.HttpOnly || cookie.Path != "/" || cookie.MaxAge < 24*3600 || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure {
		t.Errorf("cookie %+v", cookie)
	}
	name := "drumroll_" + s.Code
	ok := s.stranger.with("Cookie", name+"="+cookie.Value)
	page := ok.get("/" + s.Code).want(200)
	if len(page.header.Values("Set-Cookie")) != 0 {
		t.Errorf("a good cookie is replaced: %v", page.header.Values("Set-Cookie"))
	}
	ok.api("POST", s.path("/entries"), `{"activity":1}`).problem(422, "invalid")
	flipped := []byte(cookie.Value)
	flipped[3] ^= 1
	for what, value := range map[string]string{
		"flipped": string(flipped), "cut": cookie.Value[:10], "another event's": other.join(t).Token, "a host's": s.HostKey,
		"empty": "", "garbage": "%00<script>",
	} {
		bad := s.stranger.with("Cookie", name+"="+value)
		fresh := setCookie(t, bad.get("/"+s.Code).want(200), name)
		if fresh.Value == "" || fresh.Value == cookie.Value || fresh.Value == value {
			t.Errorf("%s cookie: the page hands out %q", what, fresh.Value)
		}
		bad.api("POST", s.path("/entries"), `{"activity":1}`).problem(401, "unauthorized")
		if value != "" && what != "garbage" {
			bad.api("GET", s.path(""), nil).problem(401, "unauthorized")
		}
		s.stranger.with("Cookie", name+"="+fresh.Value).api("POST", s.path("/entries"), `{"activity":1}`).problem(422, "invalid")
	}
	// A bearer token beats a cookie, a good and a bad one.
	ok.as("nonsense").api("POST", s.path("/entries"), `{"activity":1}`).problem(401, "unauthorized")
	s.stranger.with("Cookie", name+"=bad").as(cookie.Value).api("POST", s.path("/entries"), `{"activity":1}`).problem(422, "invalid")
	s.stranger.with("Cookie", "drumroll_host_"+s.Code+"=bad").api("GET", s.path(""), nil).problem(401, "unauthorized")
}

// TestCrossOrigin: unsafe requests of foreign pages are refused.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{config: publicURL("https://drumroll.example")})
	s := n.create(t, "Cross")
	form := "application/x-www-form-urlencoded"
	for _, c := range []struct {
		header, value string
		welcome       bool
	}{
		{"Origin", "https://evil.example", false}, {"Origin", "null", false}, {"Sec-Fetch-Site", "cross-site", false},
		{"Sec-Fetch-Site", "same-site", false},
		{"Origin", n.URL, true}, {"Origin", "https://drumroll.example", true}, {"Sec-Fetch-Site", "same-origin", true},
	} {
		host, stranger := s.host.with(c.header, c.value), s.stranger.with(c.header, c.value)
		a := host.api("POST", s.path("/activities"), `{"kind":"raffle","title":"x"}`)
		b := stranger.send("POST", "/", form, "title=x")
		key := stranger.send("POST", "/"+s.Code+"/host", form, "key="+s.HostKey)
		if c.welcome {
			a.want(201)
			b.want(303)
			key.want(303)
		} else {
			a.problem(403, "forbidden")
			b.want(403)
			key.want(403)
			strictPage(t, b)
		}
		stranger.get("/" + s.Code).want(200)
	}
}
