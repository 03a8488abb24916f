package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// parse reads a page and checks that it is one.
func parse(t testing.TB, a answer) *html.Node {
	t.Helper()
	if kind := a.header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("%s: content type %q", a.what, kind)
	}
	doc, err := html.Parse(strings.NewReader(string(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// elements are those of a name, in order; "" is all.
func elements(root *html.Node, name string) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(t testing.TB, a answer) string {
	t.Helper()
	var b strings.Builder
	for n := range parse(t, a).Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// strictPage checks what every page must keep to: the headers, and nothing inline.
func strictPage(t testing.TB, a answer) {
	t.Helper()
	csp := a.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("%s: CSP lacks %s: %s", a.what, part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
		t.Errorf("%s: CSP %s", a.what, csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", a.what, name, got, want)
		}
	}
	for _, n := range elements(parse(t, a), "") {
		if n.Data == "style" || n.Data == "base" || n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil) {
			t.Errorf("%s: has an inline <%s>", a.what, n.Data)
		}
		for _, at := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(at.Val))
			if at.Key == "style" || strings.HasPrefix(at.Key, "on") || strings.HasPrefix(value, "javascript:") {
				t.Errorf("%s: <%s %s=%q>", a.what, n.Data, at.Key, at.Val)
			}
			if (at.Key == "src" || n.Data == "link" && at.Key == "href") && !strings.HasPrefix(value, "/") {
				t.Errorf("%s: <%s %s=%q> is not this server's", a.what, n.Data, at.Key, at.Val)
			}
		}
	}
}

func setCookie(t testing.TB, a answer, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("%s: no cookie %s among %v", a.what, name, a.header.Values("Set-Cookie"))
	return nil
}

// entryForm is one form of the phone's page.
type entryForm struct {
	action   string
	hidden   url.Values
	controls []url.Values // one per option, in order
}

// forms finds the forms of entries as a browser without a script submits them.
func forms(t testing.TB, a answer) map[string]entryForm {
	t.Helper()
	found := map[string]entryForm{}
	for _, f := range elements(parse(t, a), "form") {
		form := entryForm{action: attr(f, "action"), hidden: url.Values{}}
		for _, n := range elements(f, "") {
			field := url.Values{attr(n, "name"): {attr(n, "value")}}
			switch {
			case attr(n, "name") == "":
			case n.Data == "input" && attr(n, "type") == "hidden":
				form.hidden.Add(attr(n, "name"), attr(n, "value"))
			case n.Data == "button", n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox"):
				form.controls = append(form.controls, field)
			}
		}
		id := form.hidden.Get("activity")
		if id == "" {
			continue
		}
		if attr(f, "method") != "post" || found[id].action != "" {
			t.Errorf("activity %s: form with method %q, the only one: %t", id, attr(f, "method"), found[id].action == "")
		}
		found[id] = form
	}
	return found
}

// submit posts a form with some of its controls chosen.
func (f entryForm) submit(c *caller, chosen ...int) answer {
	c.t.Helper()
	values := url.Values{}
	for name, v := range f.hidden {
		values[name] = slices.Clone(v)
	}
	for _, i := range chosen {
		for name, v := range f.controls[i] {
			values[name] = append(values[name], v...)
		}
	}
	return c.send("POST", f.action, "application/x-www-form-urlencoded", values.Encode())
}

func phoneWithoutJS(t *testing.T, n *node) {
	s := n.create(t, "No script")
	s.poll("One", "live", "A", "B", "C")
	s.add(map[string]any{"kind": "poll", "title": "Two", "options": []string{"A", "B", "C"}, "max_choices": 2, "results": "hidden"})
	s.raffle(1)
	s.poll("Draft", "live", "A")
	for id := 1; id <= 3; id++ {
		s.must(id, "open", nil)
	}
	page := s.stranger.get("/" + s.Code).want(200)
	browser := s.stranger.with("Cookie", "drumroll_"+s.Code+"="+setCookie(t, page, "drumroll_"+s.Code).Value)
	f := forms(t, page)
	if len(f) != 3 || len(f["1"].controls) != 3 || len(f["2"].controls) != 3 || len(f["3"].controls) > 1 {
		t.Fatalf("forms %+v", f)
	}
	for _, id := range []string{"1", "2"} {
		for i, c := range f[id].controls {
			if got := c.Get("choice"); got != strconv.Itoa(i) {
				t.Errorf("activity %s: control %d sends %v", id, i, c)
			}
		}
	}
	for _, post := range []struct {
		id     string
		chosen []int
		counts []int
	}{
		{"1", []int{1}, []int{0, 1, 0}}, {"1", []int{2}, []int{0, 0, 1}}, {"2", []int{0, 2}, []int{1, 0, 1}}, {"3", nil, nil}, {"3", nil, nil},
	} {
		a := f[post.id].submit(browser, post.chosen...).want(http.StatusSeeOther)
		if a.header.Get("Location") != "/"+s.Code {
			t.Errorf("redirected to %q", a.header.Get("Location"))
		}
		at, _ := strconv.Atoi(post.id)
		if got := s.seen(s.host).Activities[at-1]; got.Entries != 1 || !slices.Equal(got.Counts, post.counts) {
			t.Errorf("activity %s: %d entries, counts %v, want %v", post.id, got.Entries, got.Counts, post.counts)
		}
	}
	// A reload shows what was chosen.
	again := parse(t, browser.get("/"+s.Code).want(200))
	var chosen []string
	for _, n := range elements(again, "") {
		if attr(n, "aria-pressed") == "true" || slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
			chosen = append(chosen, attr(n, "value"))
		}
	}
	if !slices.Contains(chosen, "2") || len(chosen) != 3 {
		t.Errorf("the reloaded page marks %v", chosen)
	}

	for status, a := range map[int]answer{
		422: f["2"].submit(browser, 0, 1, 2),
		413: browser.send("POST", "/"+s.Code, "application/x-www-form-urlencoded", "activity=1&choice="+strings.Repeat("1", 20_000)),
	} {
		a.want(status)
		strictPage(t, a)
	}
	f["1"].submit(browser).want(422) // nothing chosen
	s.must(1, "close", nil)
	late := f["1"].submit(browser, 0).want(409)
	if !strings.Contains(textOf(t, late), "Not counted") {
		t.Errorf("a late vote's page does not say so:\n%s", late.body)
	}
	if _, open := forms(t, late)["1"]; open {
		t.Error("the closed poll still has a form")
	}
	if got := s.seen(s.host).Activities[0]; !slices.Equal(got.Counts, []int{0, 0, 1}) {
		t.Errorf("counts %v", got.Counts)
	}
}

// TestEveryPage looks at each page for what none may have.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Pages")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	p.counted(1, []int{0})
	s.raffle(1)
	s.must(2, "open", nil)
	p.counted(2, nil)
	s.must(2, "close", nil)
	s.must(2, "draw", nil)
	host := s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey)
	var remote struct{ Key string }
	s.host.api("POST", s.path("/remotes"), `{"label":"Remote"}`).want(201).into(&remote)
	second := s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+remote.Key)

	for _, c := range []struct {
		who    *caller
		path   string
		status int
		hasKey bool
	}{
		{s.stranger, "/", 200, false}, {host, "/", 200, false}, {s.stranger, "/?code=nothing", 404, false},
		{s.stranger, "/" + s.Code, 200, false}, {host, "/" + s.Code, 200, false},
		{host, "/" + s.Code + "/screen", 200, false}, {host, "/" + s.Code + "/verify", 200, false},
		{s.stranger, "/" + s.Code + "/host", 200, false}, {second, "/" + s.Code + "/host", 200, false},
		{host, "/" + s.Code + "/host", 200, true},
		{s.stranger, "/ZZZZZZ", 404, false}, {s.stranger, "/ZZZZZZ/screen", 404, false}, {s.stranger, "/ZZZZZZ/host", 404, false},
		{s.stranger, "/no/such/page", 404, false}, {s.stranger, "/favicon", 404, false},
	} {
		a := c.who.get(c.path).want(c.status)
		strictPage(t, a)
		if got := strings.Contains(string(a.body), s.HostKey); got != c.hasKey {
			t.Errorf("%s: the host key is in it: %t, want %t", c.path, got, c.hasKey)
		}
		if strings.Contains(string(a.body), remote.Key) {
			t.Errorf("%s: a remote's key is in it", c.path)
		}
	}
	strictPage(t, s.stranger.send("PUT", "/"+s.Code, "", "").want(405))
	if got := s.stranger.send("POST", "/"+s.Code+"/screen", "", "").want(405).header.Get("Allow"); got != "GET" {
		t.Errorf("Allow: %q", got)
	}
	for _, path := range []string{"/healthz", "/readyz", "/", "/" + s.Code} {
		if a := s.stranger.send("HEAD", path, "", "").want(200); len(a.body) != 0 {
			t.Errorf("HEAD %s has a body", path)
		}
	}
	if !strings.Contains(string(s.stranger.get("/"+s.Code).body), `href="/`+s.Code+`/verify"`) {
		t.Error("the phone of a draw has no link to check it")
	}
	// Secrets are in no line of the log.
	s.stranger.send("POST", "/"+s.Code+"/host", "application/x-www-form-urlencoded", "key="+s.HostKey+"x")
	n.stop()
	lines := n.stderr.String()
	if !strings.Contains(lines, s.Code) {
		t.Errorf("nothing was logged:\n%s", lines)
	}
	for what, secret := range map[string]string{"host key": s.HostKey, "remote's key": remote.Key, "token": p.Token} {
		if strings.Contains(lines, secret) {
			t.Errorf("the %s is in the log:\n%s", what, lines)
		}
	}
}

func TestStartPage(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Already here")
	c := s.stranger
	half := s.Code[:3] + " " + s.Code[3:]
	for _, typed := range []string{s.Code, strings.ToLower(s.Code), half, " " + strings.ToLower(half) + " ", s.Code[:3] + "-" + s.Code[3:]} {
		if a := c.get("/?code=" + url.QueryEscape(typed)).want(303); a.header.Get("Location") != "/"+s.Code {
			t.Errorf("%q leads to %q", typed, a.header.Get("Location"))
		}
	}
	for _, typed := range []string{"ZZZZZZ", "<b>", strings.Repeat("é", 500), "ABC"} {
		a := c.get("/?code=" + url.QueryEscape(typed)).want(404)
		if !slices.ContainsFunc(elements(parse(t, a), ""), func(n *html.Node) bool { return attr(n, "role") == "alert" }) {
			t.Errorf("%q: no word of what is wrong", typed)
		}
	}

	a := c.send("POST", "/", "application/x-www-form-urlencoded", url.Values{"title": {"  My show  "}}.Encode()).want(303)
	code := strings.TrimSuffix(strings.TrimPrefix(a.header.Get("Location"), "/"), "/host")
	cookie := setCookie(t, a, "drumroll_host_"+code)
	if !cookie.HttpOnly || cookie.Path != "/" || cookie.MaxAge < 24*3600 {
		t.Errorf("host cookie %+v", cookie)
	}
	browser := c.with("Cookie", "drumroll_host_"+code+"="+cookie.Value+"; drumroll_host_"+s.Code+"=wrong; drumroll_host_nonsense=x")
	start := textOf(t, browser.get("/").want(200))
	if !strings.Contains(start, "My show") || strings.Contains(start, "Already here") {
		t.Errorf("the start page lists:\n%s", start)
	}
	if !strings.Contains(string(browser.get("/"+code+"/host").want(200).body), cookie.Value) {
		t.Error("the console does not offer the host link to keep")
	}
	for _, title := range []string{"", "   ", strings.Repeat("x", 201)} {
		bad := c.send("POST", "/", "application/x-www-form-urlencoded", url.Values{"title": {title}}.Encode()).want(422)
		strictPage(t, bad)
		if len(bad.header.Values("Set-Cookie")) != 0 {
			t.Error("a refused title sets a cookie")
		}
	}
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Locked")
	post := func(key string) answer {
		return s.stranger.send("POST", "/"+s.Code+"/host", "application/x-www-form-urlencoded", url.Values{"key": {key}}.Encode())
	}
	for _, wrong := range []string{"", "nonsense", s.HostKey + "x", s.join(t).Token} {
		a := post(wrong).want(403)
		strictPage(t, a)
		if len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("key %q sets a cookie", wrong)
		}
	}
	for _, right := range []string{s.HostKey, " " + s.HostKey + "\n", s.HostURL} {
		a := post(right).want(303)
		cookie := setCookie(t, a, "drumroll_host_"+s.Code)
		if a.header.Get("Location") != "/"+s.Code+"/host" || cookie.Value != s.HostKey || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("unlocked: to %q with %+v", a.header.Get("Location"), cookie)
		}
	}
	// The cookie is as good as the key.
	cookie := s.stranger.with("Cookie", "drumroll_host_"+s.Code+"="+s.HostKey)
	cookie.api("POST", s.path("/activities"), `{"kind":"raffle","title":"x"}`).want(201)
	if a := cookie.api("DELETE", s.path(""), nil).want(204); setCookie(t, a, "drumroll_host_"+s.Code).MaxAge >= 0 {
		t.Error("the deleted event's cookie stays")
	}
	post(s.HostKey).want(404)
}

// TestRestart: cookies, tokens and keys outlive the process.
func TestRestart(t *testing.T) {
	t.Parallel()
	st := fileStore(t)
	first := start(t, st, setup{})
	s := first.create(t, "Long evening")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	p := s.join(t)
	p.counted(1, []int{1})
	first.stop()

	second := start(t, st, setup{})
	again := *s
	again.node, again.host, again.stranger = second, second.caller(t, s.HostKey), second.caller(t, "")
	you := again.dial(t, "phone", p.Token).next("state").You
	if you.Handle != p.Handle || !slices.Equal(you.Entries["1"], []int{1}) {
		t.Errorf("after the restart: %+v", you)
	}
	again.must(1, "close", nil)
}
