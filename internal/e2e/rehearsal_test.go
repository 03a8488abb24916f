//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"drumroll/internal/contract"
)

// A speaker sees the whole show before the doors open: presses Rehearse, runs the
// copy with a clicker while simulated phones vote and enter, and ends it. Nothing
// of that reaches the event.
func TestHostRehearses(t *testing.T) {
	s := startEmbedded(t)
	e := s.createEvent(t, "Gopher Meetup")
	e.addPoll("Tabs or spaces?", "live", "Tabs", "Spaces")
	e.addRaffle("A mechanical keyboard", 1)
	early := newDevice(t, "an early phone", handheld, calm).open(e.JoinURL)
	early.shows("#waiting")
	host := newDevice(t, "host", calm).open(e.HostURL)
	host.shows("body[data-link=connected]")
	before := logOf(t, s, e.Code)

	host.click("#rehearse")
	host.shows("#rehearse-dialog[open]")
	accessible(t, host, "the question how many phones")
	if err := host.Locator("#rehearse-phones").Fill("40"); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Locator("#rehearse-pace").SelectOption(playwright.SelectOptionValues{Values: playwright.StringSlice("at_once")}); err != nil {
		t.Fatal(err)
	}
	host.press("Enter")
	host.shows("#rehearsing[data-crowd-state=here]")
	code := host.evaluate("() => document.body.dataset.code").(string)
	if code == e.Code {
		t.Fatalf("the rehearsal has the event's code %s", code)
	}
	host.holds(`() => document.querySelector("[data-crowd=connected]").textContent === "40"`, nil)
	host.shows("body[data-link=connected]")
	host.evaluate("() => document.activeElement.blur()")

	clone := s.url() + "/" + code
	screen := projector(t, host)
	phone := newDevice(t, "phone", handheld, calm).open(clone)
	screen.shows("[data-scene=join]")
	phone.shows(connected)
	check := newDevice(t, "who checks", calm).open(clone + "/verify")
	everywhere := func(when string) {
		t.Helper()
		for _, d := range []*device{host, screen, phone, check} {
			if !d.visible(".tape") || !strings.Contains(d.text(".tape"), "Rehearsal") {
				t.Errorf("%s: %s is not marked as a rehearsal\n%s", when, d.name, d.body())
			}
			if title, err := d.Title(); err != nil || !strings.HasPrefix(title, "Rehearsal: ") {
				t.Errorf("%s: the title of %s is %q (%v)", when, d.name, title, err)
			}
			accessible(t, d, d.name+", "+when)
		}
	}
	everywhere("before it begins")

	entries := func(d *device, n int) {
		t.Helper()
		d.holds(`n => Number(document.querySelector("[data-entries]")?.textContent.replace(/\D/g, "")) >= n`, n)
	}
	host.step("PageDown", "[data-kind=poll][data-state=open]")
	phone.click("[data-option='1']")
	phone.shows("[data-option='1']" + counted)
	screen.shows("[data-scene=bars]")
	entries(screen, 25)
	entries(host, 25)
	everywhere("a poll is open")
	host.step("PageDown", "[data-kind=poll][data-state=closed]")
	host.step("PageDown", "[data-kind=poll][data-state=revealed]")
	host.step("PageDown", "[data-kind=raffle][data-state=open]")
	entries(screen, 20)
	host.step("PageDown", "[data-kind=raffle][data-state=closed]")
	host.step("PageDown", "#next[data-armed]")
	host.step("PageDown", "[data-kind=raffle][data-state=drawn]")
	screen.shows("[data-scene=drawn] .result .name")
	host.shows(".won li")
	if name, winner := screen.text(".result .name"), host.text(".won li b"); name != winner || name == "" {
		t.Errorf("the projector shows %q as the winner, the console %q", name, winner)
	}
	check.reload()
	check.shows(".verify-draw")
	everywhere("the raffle is drawn")
	host.shows(".crowd-checks.is-ok")

	// Remotes get no say in rehearsals, and the front page tells both events apart.
	front := host.tab(s.url() + "/")
	front.shows(".hosted li:nth-child(2) .tag")
	if err := front.Close(); err != nil {
		t.Fatal(err)
	}

	host.click("#end-rehearsal")
	host.shows("#rehearse")
	if want := "/" + e.Code + "/host"; !strings.HasSuffix(host.URL(), want) {
		t.Errorf("after the rehearsal the host is at %s, want %s", host.URL(), want)
	}
	screen.shows("#gone")
	// The same window shows the event, where it stands on the big screen already.
	host.press("p")
	if err := screen.WaitForURL(s.url() + "/" + e.Code + "/screen"); err != nil {
		t.Fatal(err)
	}
	screen.shows("[data-scene=join]")
	if screen.visible(".tape") {
		t.Error("the projector of the event shows the mark of the rehearsal")
	}
	call(t, "GET", s.url()+"/api/v1/events/"+code, "", nil, http.StatusNotFound, nil)
	if files, err := filepath.Glob(filepath.Join(s.data, "events", "*"+code+"*")); err != nil || len(files) != 0 {
		t.Errorf("the rehearsal's log is still there: %v (%v)", files, err)
	}
	if after := logOf(t, s, e.Code); !bytes.Equal(before, after) {
		t.Errorf("the event's log has changed, from %d bytes to %d", len(before), len(after))
	}
	early.shows("#waiting")
	if early.visible(".tape") {
		t.Error("a phone of the event shows the mark of the rehearsal")
	}
}

// projector is the window that the console opens for the big screen.
func projector(t *testing.T, host *device) *device {
	t.Helper()
	page, err := host.ExpectPopup(func() error { return host.Keyboard().Press("p") })
	if err != nil {
		t.Fatal(err)
	}
	if err := page.SetViewportSize(1920, 1080); err != nil {
		t.Fatal(err)
	}
	screen := &device{t: t, name: "screen", context: host.context, Page: page, bodies: map[string]string{}}
	screen.watch(page)
	t.Cleanup(screen.report)
	return screen
}

// logOf is the embedded log of an event, byte by byte.
func logOf(t *testing.T, s *server, code string) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "events", "*"+code+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the log of %s is %v (%v)", code, files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// On two nodes that share a log, the crowd is at one of them: the other says so,
// and can end the rehearsal.
func TestRehearsalOverTwoNodes(t *testing.T) {
	a := startOnRedis(t)
	b := startNode(t, a.redis)
	e := a.createEvent(t, "Two nodes")
	e.addPoll("Tabs or spaces?", "live", "Tabs", "Spaces")
	var clone contract.Created
	call(t, "POST", e.api("/rehearsal"), e.HostKey, map[string]any{"phones": 20, "pace": "at_once"}, http.StatusCreated, &clone)
	state := func(s *server) (state string, connected int) {
		t.Helper()
		_, body, err := tell(http.DefaultClient, "GET", s.url()+"/api/v1/events/"+clone.Code+"/rehearsal", clone.HostKey, nil)
		var out struct {
			State     string
			Connected int
		}
		if err == nil {
			err = json.Unmarshal(body, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out.State, out.Connected
	}
	eventually(t, pageLimit, "the crowd is here", func() bool {
		where, n := state(a)
		return where == "here" && n == 20
	})
	host := newDevice(t, "host at the other node", calm).open(b.url() + "/" + clone.Code + "/host#" + clone.HostKey)
	host.shows("#rehearsing[data-crowd-state=elsewhere]")
	if where, _ := state(b); where != "elsewhere" {
		t.Errorf("at the other node the crowd is %q", where)
	}
	host.step("PageDown", "[data-kind=poll][data-state=open]")
	host.holds(`() => Number(document.querySelector("[data-entries]")?.textContent) >= 10`, nil)
	host.tolerate(`status of 40[14]`) // the event's own console is another key's
	host.click("#end-rehearsal")
	host.shows("#unlock")
	eventually(t, pageLimit, "the rehearsal is gone at the first node too", func() bool {
		status, _, err := tell(http.DefaultClient, "GET", a.url()+"/api/v1/events/"+clone.Code, "", nil)
		return err == nil && status == http.StatusNotFound
	})
}
