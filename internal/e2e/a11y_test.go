//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// axe is the source of axe-core, which is evaluated in the page: the pages'
// Content-Security-Policy lets no script tag in.
var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed; run `npm ci`: %w", err)
	}
	return string(source), nil
})

// accessible runs axe-core over what a page shows and reports what it finds.
func accessible(t *testing.T, d *device, what string) {
	t.Helper()
	source, err := axe()
	if err != nil {
		t.Fatal(err)
	}
	d.evaluate(source)
	found := d.evaluate(`async () => {
		// A fade that is under way has colours that are not for reading.
		for (const animation of document.getAnimations()) if (animation.effect?.getTiming().iterations !== Infinity) animation.finish();
		const { violations } = await axe.run(document, { resultTypes: ["violations"] });
		return JSON.stringify(violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 200) + " — " + n.failureSummary) })));
	}`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found.(string)), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s: axe: %s (%s):\n\t%s", what, v.Help, v.ID, strings.Join(v.Nodes, "\n\t"))
	}
}

var storyLink = regexp.MustCompile(`<a href="(/(\w+)/\d+)">([^<]*)</a>`)

// Every state of every view, light and dark, has nothing that axe-core knows to
// be in somebody's way, and complains of nothing.
func TestEveryStateIsAccessible(t *testing.T) {
	book := startStorybook(t)
	res, err := http.Get(book + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	index, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	stories := storyLink.FindAllStringSubmatch(string(index), -1)
	views := map[string]bool{}
	for _, s := range stories {
		views[s[2]] = true
	}
	if len(stories) < 40 || len(views) < 4 {
		t.Fatalf("the storybook lists %d states of views %v: are they all there?", len(stories), views)
	}
	for _, theme := range []struct {
		name string
		how  []trait
	}{{"light", []trait{calm}}, {"dark", []trait{calm, dark}}} {
		t.Run(theme.name, func(t *testing.T) {
			t.Parallel()
			devices := map[string]*device{}
			for view := range views {
				shape := size(1280, 720)
				if view == "phone" || view == "checked" {
					shape = handheld
				}
				d := newDevice(t, view, append(theme.how, shape)...)
				// The storybook has pages without a server behind them: no draws to
				// check, no socket that stays, and plain names of files.
				d.tolerate(`status of 404`, `closed before the connection is established`, `preloaded using link preload`)
				devices[view] = d
			}
			for _, s := range stories {
				path, view, name := s[1], s[2], s[3]
				d := devices[view]
				d.open(book + path + "?theme=" + theme.name)
				if view == "checked" { // phones that come to a finding of their own
					d.shows(".alarm:not([hidden]), [data-receipt]:is([data-state=ok], [data-state=late])")
				}
				accessible(t, d, fmt.Sprintf("%s, %q (%s)", path, name, theme.name))
			}
		})
	}
}

// startStorybook builds and starts the storybook, and returns its address.
func startStorybook(t *testing.T) string {
	t.Helper()
	binary := t.TempDir() + "/storybook"
	if out, err := exec.Command("go", "build", "-o", binary, "drumroll/internal/storybook").CombinedOutput(); err != nil {
		t.Fatalf("build the storybook: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "--addr", "127.0.0.1:0")
	cmd.Dir = "../.." // it reads static/dist
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var addr string
	if _, err := fmt.Fscanf(stdout, "listening on %s\n", &addr); err != nil {
		t.Fatalf("the storybook did not say where it listens: %v", err)
	}
	return addr
}

// The pages as they are served, in an event that runs.
func TestLivePagesAreAccessible(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Accessible")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	raffle := e.addRaffle("A mug", 1)
	e.verb(poll.ID, "open")
	e.enter(e.join(), map[string]any{"activity": poll.ID, "choice": []int{0}})
	phone := newDevice(t, "phone", handheld, calm).open(e.JoinURL)
	vote(phone, poll.ID, 1)
	screen := newDevice(t, "screen", calm).open(e.ScreenURL)
	screen.shows("[data-scene=bars]")
	host := newDevice(t, "host", calm).open(e.HostURL)
	host.shows("body[data-link=connected]")
	check := func(when string) {
		t.Helper()
		for _, d := range []*device{phone, screen, host} {
			accessible(t, d, d.name+", "+when)
		}
	}
	check("a poll is open")
	e.verb(raffle.ID, "open")
	phone.click(".im-in")
	phone.shows(".ticket")
	e.verb(raffle.ID, "close")
	e.verb(raffle.ID, "draw")
	phone.shows(".youwon")
	screen.shows("[data-scene=drawn] .result .name")
	host.shows(".won li")
	check("the raffle is drawn")

	other := newDevice(t, "visitor", calm)
	other.tolerate(`404|401|403`)
	for _, path := range []string{"/", "/" + e.Code + "/verify", "/" + e.Code + "/host", "/222222"} {
		other.open(s.url() + path)
		accessible(t, other, path)
	}
}
