//go:build e2e

package e2e

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drumroll/internal/nodetest"
	"drumroll/internal/redistest"
)

// refuses runs the binary with what it cannot serve with: it must end by itself
// with the exit code, and one line on stderr that says why.
func refuses(t *testing.T, want int, says string, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command(nodetest.Binary(), append([]string{"--addr", "127.0.0.1:0", "--admin-addr="}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	timer := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		t.Errorf("%v: %v, want exit code %d\nstderr: %s", args, err, want, &stderr)
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], says) {
		t.Errorf("%v: stderr is %q, want one line with %q", args, stderr.String(), says)
	}
	if stdout.Len() > 0 {
		t.Errorf("%v: stdout is %q, want nothing", args, stdout.String())
	}
}

func TestWhatItCannotServeWith(t *testing.T) {
	s := startEmbedded(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, "in use", nil, "--data", s.data)
	refuses(t, 1, file, nil, "--data", filepath.Join(file, "below-a-file"))
	refuses(t, 1, "listen", nil, "--data", t.TempDir(), "--addr", s.node.Addr)
	refuses(t, 1, "127.0.0.1:1", nil, "--redis", "redis://127.0.0.1:1")
	refuses(t, 2, "no-such-flag", nil, "--no-such-flag")
	refuses(t, 2, "public-url", nil, "--public-url", "not a URL")
	refuses(t, 2, "trusted-proxies", []string{"DRUMROLL_TRUSTED_PROXIES=here"}, "--data", t.TempDir())
}

func TestVersion(t *testing.T) {
	out, err := exec.Command(nodetest.Binary(), "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "drumroll ") {
		t.Errorf("drumroll version says %q, %v", out, err)
	}
}

// The admin address serves what the node counted, and the public one does not.
func TestMetrics(t *testing.T) {
	s := startEmbedded(t, "--admin-addr", "127.0.0.1:0")
	e := s.createEvent(t, "Counted")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	e.verb(poll.ID, "open")
	token := e.join()
	e.enter(token, map[string]any{"activity": poll.ID, "choice": []int{0}})
	e.enter(token, map[string]any{"activity": poll.ID, "choice": []int{1}})
	call(t, "GET", s.url()+"/metrics", "", nil, http.StatusNotFound, nil)
	call(t, "GET", s.url()+"/debug/pprof/", "", nil, http.StatusNotFound, nil)

	found := regexp.MustCompile(`msg="metrics and pprof" addr=(\S+)`).FindStringSubmatch(s.node.Said())
	if found == nil {
		t.Fatalf("the log does not say where the metrics are:\n%s", s.node.Said())
	}
	status, body, err := tell(http.DefaultClient, "GET", "http://"+found[1]+"/metrics", "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("metrics: status %d, %v", status, err)
	}
	if !regexp.MustCompile(`(?m)^drumroll_fold_lag_seconds_count [1-9]`).Match(body) {
		t.Error("the metrics lack the fold's lag")
	}
	for _, line := range []string{
		`drumroll_entries_total{outcome="counted"} 1`,
		`drumroll_entries_total{outcome="changed"} 1`,
		`drumroll_events_loaded 1`,
		`drumroll_log_rewound_total 0`,
	} {
		if !strings.Contains(string(body), line+"\n") {
			t.Errorf("the metrics lack %q", line)
		}
	}
}

// While Redis is away entries are refused with a request to try again, and the
// node says that it is not ready; when it is back, everything that was
// acknowledged is there, and what was refused can be sent again.
func TestRedisGoesAwayAndComesBack(t *testing.T) {
	redis := redistest.Start(t)
	s := startNode(t, redis)
	e := s.createEvent(t, "Away")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	e.verb(poll.ID, "open")
	before, during := e.join(), e.join()
	e.enter(before, map[string]any{"activity": poll.ID, "choice": []int{0}})

	redis.Kill()
	eventually(t, 20*time.Second, "the node says that it is not ready", func() bool {
		status, _, err := tell(http.DefaultClient, "GET", s.url()+"/readyz", "", nil)
		return err == nil && status == http.StatusServiceUnavailable
	})
	entry := map[string]any{"activity": poll.ID, "choice": []int{1}, "run": 1, "n": 1}
	status, body, err := tell(http.DefaultClient, "POST", e.api("/entries"), during, entry)
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("an entry without Redis: status %d, %v: %s, want 503", status, err, body)
	}
	call(t, "GET", s.url()+"/healthz", "", nil, http.StatusOK, nil)

	redis.Restart(t)
	eventually(t, 30*time.Second, "the entry is taken when Redis is back", func() bool {
		status, _, err := tell(http.DefaultClient, "POST", e.api("/entries"), during, entry)
		return err == nil && status == http.StatusOK
	})
	if got := e.activity(poll.ID); got.Entries != 2 || got.Counts[0] != 1 || got.Counts[1] != 1 {
		t.Errorf("the tally is %+v, want one vote each", got)
	}
}

// Two nodes on one Redis are one Drumroll: what is done at one is seen at the
// other, and a phone moves over when its node leaves.
func TestTwoNodes(t *testing.T) {
	redis := redistest.Start(t)
	a, b := startNode(t, redis), startNode(t, redis)
	e := a.createEvent(t, "Two nodes")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	raffle := e.addRaffle("A mug", 1)
	screen := newDevice(t, "screen at b", calm).open(b.url() + "/" + e.Code + "/screen")
	phone := newDevice(t, "phone at a", handheld, calm).open(a.url() + "/" + e.Code)
	phone.shows(connected)
	screen.holds("() => document.querySelector('[data-connected]').textContent === '1'", nil)
	e.verb(poll.ID, "open")
	vote(phone, poll.ID, 1)
	shownCounts(screen, poll.ID, 0, 1)

	// The same participant at the other node: cookies of one host hold for both ports.
	other := phone.tab(b.url() + "/" + e.Code)
	other.shows(option(poll.ID, 1) + counted)
	vote(other, poll.ID, 0)
	phone.shows(option(poll.ID, 0) + counted)

	e.verb(raffle.ID, "open")
	phone.click(".im-in")
	other.shows(".ticket")
	atB := &event{Created: e.Created, t: t, s: b}
	atB.verb(raffle.ID, "close")
	atB.verb(raffle.ID, "draw")
	phone.shows(".youwon")
	other.shows(".youwon")
	screen.shows("[data-scene=drawn] .result .name")
}
