//go:build e2e

package e2e

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"drumroll/internal/nodetest"
)

// pageLimit is how long a page may take to show something that it will show.
const pageLimit = 15 * time.Second

// device is a browser profile (a phone, the projector's laptop) with one page; a
// further tab is tab's. Handlers run on the driver's read loop, so they only note
// what happens, and the test's goroutine looks at it.
type device struct {
	t       *testing.T
	name    string
	context playwright.BrowserContext
	playwright.Page

	mu         sync.Mutex
	complaints []string
	tolerated  []*regexp.Regexp
	frames     []string              // that the page got over websockets
	answers    []playwright.Response // whose bodies were not read yet
	bodies     map[string]string     // by URL
}

// trait is something that a device is made with.
type trait func(*playwright.BrowserNewContextOptions)

func size(width, height int) trait {
	return func(o *playwright.BrowserNewContextOptions) {
		o.Viewport = &playwright.Size{Width: width, Height: height}
	}
}

func handheld(o *playwright.BrowserNewContextOptions) {
	o.Viewport = &playwright.Size{Width: 390, Height: 844}
	o.HasTouch, o.IsMobile = playwright.Bool(true), playwright.Bool(true)
}

func dark(o *playwright.BrowserNewContextOptions) { o.ColorScheme = playwright.ColorSchemeDark }

func calm(o *playwright.BrowserNewContextOptions) {
	o.ReducedMotion = playwright.ReducedMotionReduce
}

func scriptless(o *playwright.BrowserNewContextOptions) { o.JavaScriptEnabled = playwright.Bool(false) }

// newDevice opens a profile of its own; it is closed, and its complaints are
// looked at, when the test ends.
func newDevice(t *testing.T, name string, how ...trait) *device {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	options := playwright.BrowserNewContextOptions{Viewport: &playwright.Size{Width: 1280, Height: 720}}
	for _, h := range how {
		h(&options)
	}
	context, err := browser.NewContext(options)
	if err != nil {
		t.Fatal(err)
	}
	context.SetDefaultTimeout(float64(pageLimit.Milliseconds()))
	page, err := context.NewPage()
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t: t, name: name, context: context, Page: page, bodies: map[string]string{}}
	d.watch(page)
	t.Cleanup(d.finish)
	return d
}

// tab opens a further page of the same profile, watched alike.
func (d *device) tab(url string) *device {
	d.t.Helper()
	page, err := d.context.NewPage()
	if err != nil {
		d.t.Fatal(err)
	}
	other := &device{t: d.t, name: d.name + ", another tab", context: d.context, Page: page, bodies: map[string]string{}}
	other.watch(page)
	d.t.Cleanup(other.report)
	return other.open(url)
}

func (d *device) watch(page playwright.Page) {
	page.OnConsole(func(m playwright.ConsoleMessage) {
		if m.Type() == "error" || m.Type() == "warning" {
			d.complain("console " + m.Type() + ": " + m.Text())
		}
	})
	page.OnPageError(func(err error) { d.complain("page error: " + err.Error()) })
	page.OnRequestFailed(func(r playwright.Request) {
		why := "unknown"
		if err := r.Failure(); err != nil {
			why = err.Error()
		}
		// A navigation away or a closed page ends what was under way.
		if !strings.Contains(why, "ERR_ABORTED") {
			d.complain("request failed: " + r.URL() + ": " + why)
		}
	})
	page.OnResponse(func(r playwright.Response) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.answers = append(d.answers, r)
	})
	page.OnWebSocket(func(ws playwright.WebSocket) {
		ws.OnFrameReceived(func(payload []byte) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.frames = append(d.frames, string(payload))
		})
	})
}

func (d *device) complain(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.complaints = append(d.complaints, what)
}

// tolerate says what the test itself provokes: complaints that match are none.
func (d *device) tolerate(patterns ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range patterns {
		d.tolerated = append(d.tolerated, regexp.MustCompile(p))
	}
}

// What a browser says when the network or the server is away.
var away = []string{`WebSocket connection to .* failed`, `net::ERR_`, `Failed to load resource`}

func (d *device) finish() {
	d.report()
	if err := d.context.Close(); err != nil {
		d.t.Errorf("%s: close: %v", d.name, err)
	}
}

func (d *device) report() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.complaints {
		known := false
		for _, p := range d.tolerated {
			known = known || p.MatchString(c)
		}
		if !known {
			d.t.Errorf("%s complained: %s", d.name, c)
		}
	}
}

// received are all frames that the page got so far.
func (d *device) received() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.frames...)
}

// answered are the bodies of all textual answers that the page got so far, by URL.
// Call it before a navigation too: the browser forgets them with their page.
func (d *device) answered() map[string]string {
	d.t.Helper()
	d.mu.Lock()
	fresh := d.answers
	d.answers = nil
	d.mu.Unlock()
	for _, r := range fresh {
		kind := r.Headers()["content-type"]
		if r.Status() != 200 || !(strings.Contains(kind, "text") || strings.Contains(kind, "json")) || strings.Contains(r.URL(), "/static/") {
			continue
		}
		body, err := r.Body()
		if err != nil {
			d.t.Fatalf("%s: body of %s: %v", d.name, r.URL(), err)
		}
		d.bodies[r.URL()] += string(body)
	}
	return d.bodies
}

func (d *device) open(url string) *device {
	d.t.Helper()
	if _, err := d.Goto(url); err != nil {
		d.t.Fatalf("%s: open %s: %v", d.name, url, err)
	}
	return d
}

func (d *device) reload() {
	d.t.Helper()
	if _, err := d.Page.Reload(); err != nil {
		d.t.Fatalf("%s: reload: %v", d.name, err)
	}
}

func (d *device) click(selector string) {
	d.t.Helper()
	if err := d.Locator(selector).First().Click(); err != nil {
		d.t.Fatalf("%s: click %s: %v\n%s", d.name, selector, err, d.body())
	}
}

func (d *device) press(keys ...string) {
	d.t.Helper()
	for _, key := range keys {
		if err := d.Keyboard().Press(key); err != nil {
			d.t.Fatalf("%s: press %s: %v", d.name, key, err)
		}
	}
}

func (d *device) offline(off bool) {
	d.t.Helper()
	if err := d.context.SetOffline(off); err != nil {
		d.t.Fatalf("%s: set offline: %v", d.name, err)
	}
}

// shows waits until an element that matches is visible.
func (d *device) shows(selector string) {
	d.t.Helper()
	if err := d.Locator(selector).First().WaitFor(); err != nil {
		d.t.Fatalf("%s does not show %s: %v\n%s", d.name, selector, err, d.body())
	}
}

// hides waits until no element that matches is visible.
func (d *device) hides(selector string) {
	d.t.Helper()
	err := d.Locator(selector).First().WaitFor(playwright.LocatorWaitForOptions{State: playwright.WaitForSelectorStateHidden})
	if err != nil {
		d.t.Fatalf("%s still shows %s: %v\n%s", d.name, selector, err, d.body())
	}
}

// holds waits until a JavaScript expression is true in the page, and says how
// long that took.
func (d *device) holds(expression string, arg any) time.Duration {
	d.t.Helper()
	start := time.Now()
	if _, err := d.WaitForFunction(expression, arg); err != nil {
		d.t.Fatalf("%s: never true: %s (%v): %v\n%s", d.name, expression, arg, err, d.body())
	}
	return time.Since(start)
}

func (d *device) text(selector string) string {
	d.t.Helper()
	text, err := d.Locator(selector).First().TextContent()
	if err != nil {
		d.t.Fatalf("%s: text of %s: %v", d.name, selector, err)
	}
	return strings.TrimSpace(text)
}

func (d *device) attribute(selector, name string) string {
	d.t.Helper()
	value, err := d.Locator(selector).First().GetAttribute(name)
	if err != nil {
		d.t.Fatalf("%s: %s of %s: %v", d.name, name, selector, err)
	}
	return value
}

func (d *device) visible(selector string) bool {
	d.t.Helper()
	yes, err := d.Locator(selector).First().IsVisible()
	if err != nil {
		d.t.Fatalf("%s: %s: %v", d.name, selector, err)
	}
	return yes
}

func (d *device) evaluate(expression string, arg ...any) any {
	d.t.Helper()
	out, err := d.Evaluate(expression, arg...)
	if err != nil {
		d.t.Fatalf("%s: evaluate: %v", d.name, err)
	}
	return out
}

// body is what the page shows as text, for messages.
func (d *device) body() string {
	text, err := d.Locator("body").InnerText()
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return "page " + d.URL() + " shows:\n" + nodetest.Tail(text, 1500)
}
