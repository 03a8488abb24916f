package rehearse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/metrics"
	"drumroll/internal/nodetest"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/static"
	"drumroll/web"
)

// house is the real server with one event, and its host.
type house struct {
	*contract.EventClient
	t           testing.TB
	joinURL     string
	description contract.Event // as look found it
}

// openHouse starts a node on an embedded log; change, if any, sets what differs.
func openHouse(t testing.TB, change func(*web.Config)) *house {
	t.Helper()
	log, err := filelog.Open(t.TempDir(), filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := log.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	logger, counters := slog.New(slog.DiscardHandler), metrics.New("test")
	replicas := replica.NewSet(replica.Config{
		Log: log, Logger: logger, Metrics: counters, Producer: event.Producer(time.Now().UnixNano()),
		MaxPending: 10_000, MaxBatch: 1024, GiveUp: 4 * time.Second, Idle: time.Minute,
	})
	cfg := web.Config{Presence: log, Health: log, Replicas: replicas, SigningKey: key, Node: "node", Files: static.New(), Logger: logger, Metrics: counters}
	if change != nil {
		change(&cfg)
	}
	handler, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		handler.Leave()
		handler.Drain(ctx)
		server.Close()
		replicas.Close()
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	api := contract.Client{Server: server.URL}
	made, err := nodetest.CreateEvent(t.Context(), &api, "Rehearsal")
	if err != nil {
		t.Fatal(err)
	}
	return &house{EventClient: api.At(made.Code, made.HostKey), t: t, joinURL: server.URL + "/" + strings.ToLower(made.Code)}
}

// do makes a call of the host's that is taken; body is JSON, or "".
func (h *house) do(method, path, body string) {
	h.t.Helper()
	var in any
	if body != "" {
		in = json.RawMessage(body)
	}
	if err := h.Call(h.t.Context(), method, path, in, nil); err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
}

func (h *house) look() {
	h.t.Helper()
	var err error
	if h.description, err = h.Get(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

const (
	aPoll   = `{"kind":"poll","title":"Which?","options":["a","b","c"],"max_choices":2,"results":"live"}`
	aScale  = `{"kind":"scale","title":"How was it?","min":-1,"max":4,"labels":["poor","great"]}`
	aRaffle = `{"kind":"raffle","title":"Mugs","winners":5}`
)

// rehearsal runs while the test is the host.
type rehearsal struct {
	progress chan rehearse.Progress
	report   chan *rehearse.Report
	stop     context.CancelFunc
}

func begin(t testing.TB, cfg rehearse.Config) *rehearsal {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &rehearsal{make(chan rehearse.Progress, 1000), make(chan *rehearse.Report, 1), stop}
	cfg.Progress = func(p rehearse.Progress) { r.progress <- p }
	go func() {
		defer close(r.report)
		defer close(r.progress)
		report, err := rehearse.Run(ctx, cfg)
		if err != nil {
			t.Error(err)
			return
		}
		r.report <- report
	}()
	t.Cleanup(func() { stop(); <-r.report })
	return r
}

// until waits for a progress that satisfies.
func (r *rehearsal) until(t testing.TB, what string, enough func(rehearse.Progress) bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case p, ok := <-r.progress:
			if !ok {
				t.Fatalf("it ended before %s", what)
			}
			if enough(p) {
				return
			}
		case <-timeout:
			t.Fatalf("not %s", what)
		}
	}
}

func (r *rehearsal) end(t testing.TB) *rehearse.Report {
	t.Helper()
	r.stop()
	report, ok := <-r.report
	if !ok {
		t.FailNow()
	}
	return report
}

// ok fails the test unless every check was made and held.
func ok(t testing.TB, r *rehearse.Report) {
	t.Helper()
	for _, c := range r.Checks {
		if c.Failed > 0 || c.Skipped {
			t.Errorf("%+v", c)
		}
	}
	if !r.OK {
		t.Error("the report is not OK")
	}
}

func eager(change float64) rehearse.Script {
	s := rehearse.Script{Kinds: rehearse.DefaultScript().Kinds, Change: change}
	for kind := range s.Kinds {
		s.Kinds[kind] = rehearse.Taking{Share: 1, After: 10 * time.Millisecond}
	}
	return s
}

// TestCrowd: 200 phones vote, all of them change their vote, enter a raffle and
// hear who won, and rate; the server's counts are exactly theirs.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const phones = 200
	h := openHouse(t, nil)
	h.do("POST", "/activities", aPoll)
	h.do("POST", "/activities", aRaffle)
	h.do("POST", "/activities", aScale)
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: phones, Script: eager(1), Seed: 5})
	r.until(t, "all connected", func(p rehearse.Progress) bool { return p.Connected == phones })
	h.do("POST", "/activities/1/open", "")
	r.until(t, "all voted twice", func(p rehearse.Progress) bool { return p.Accepted == 2*phones })
	h.do("POST", "/activities/1/close", "")
	h.do("POST", "/activities/2/open", "")
	r.until(t, "all entered", func(p rehearse.Progress) bool { return p.Accepted == 3*phones })
	h.do("POST", "/activities/2/close", "")
	h.do("POST", "/activities/2/draw", "")
	h.do("POST", "/activities/3/open", "")
	r.until(t, "all rated twice", func(p rehearse.Progress) bool { return p.Accepted == 5*phones })
	h.do("POST", "/activities/3/close", "")
	report := r.end(t)
	ok(t, report)
	h.look()
	if got := h.description; got.People.Joined != phones || got.Activities[0].Entries != phones || got.Activities[1].Entries != phones || len(got.Activities[1].Winners) != 5 || got.Activities[2].Entries != phones || got.Activities[2].Mean == nil {
		t.Errorf("the server has %+v", got)
	}
	want := rehearse.Entries{Counted: 3 * phones, Changed: 2 * phones}
	if diff := cmp.Diff(want, report.Entries); diff != "" {
		t.Error(diff)
	}
	if report.Connected != phones || report.Joined != phones || report.Taps != 5*phones || report.Latency.Count != 5*phones || report.Frames.Ack != 5*phones ||
		report.Frames.Won != 5 || report.Frames.State < 7*phones || report.Spread.States < 4 || len(report.Refused) != 0 || report.Unanswered != 0 {
		t.Errorf("%+v", report)
	}
	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"200 of 200 connected", "600 counted, 400 changed, 0 unchanged", "refused      nothing", "17 of 17 held"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}

// TestLate: an entry after the close is refused and does not count.
func TestLate(t *testing.T) {
	t.Parallel()
	const phones = 20
	h := openHouse(t, nil)
	h.do("POST", "/activities", aPoll)
	script := eager(0)
	script.Late, script.Kinds["poll"] = 1, rehearse.Taking{Share: 1, After: time.Hour}
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: phones, Script: script, Seed: 5})
	r.until(t, "all connected", func(p rehearse.Progress) bool { return p.Connected == phones })
	h.do("POST", "/activities/1/open", "")
	h.do("POST", "/activities/1/close", "")
	r.until(t, "all too late", func(p rehearse.Progress) bool { return p.Refused == phones })
	report := r.end(t)
	ok(t, report)
	h.look()
	if report.Refused["entry: closed"] != phones || h.description.Activities[0].Entries != 0 {
		t.Errorf("%+v", report)
	}
}

// TestRetry: a server that takes one entry a second from each socket refuses the
// change that follows the vote at once; the phones send it again until it counts.
func TestRetry(t *testing.T) {
	t.Parallel()
	const phones = 20
	h := openHouse(t, func(cfg *web.Config) { cfg.EntryRate = 1 })
	h.do("POST", "/activities", aPoll)
	h.do("POST", "/activities/1/open", "")
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: phones, Script: eager(1), Seed: 5})
	r.until(t, "all changed", func(p rehearse.Progress) bool { return p.Accepted == 2*phones })
	report := r.end(t)
	ok(t, report)
	if report.Entries.Changed != phones || report.Retried == 0 || int64(report.Refused["entry: retry"]) < phones/2 {
		t.Errorf("%+v", report)
	}
}

// TestFullHouse: sockets beyond what the server takes are told 1013, come back,
// and make the check of who gets in fail.
func TestFullHouse(t *testing.T) {
	t.Parallel()
	h := openHouse(t, func(cfg *web.Config) { cfg.MaxSockets = 5 })
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: 8, Script: eager(0), Seed: 5})
	r.until(t, "three refused", func(p rehearse.Progress) bool { return p.Connected == 5 && p.Refused >= 3 })
	report := r.end(t)
	if report.Refused["socket: 1013"] < 3 || report.Connected != 5 {
		t.Errorf("%+v", report)
	}
}

// TestReconnect: phones that lose the network again and again keep their votes.
func TestReconnect(t *testing.T) {
	t.Parallel()
	const phones = 20
	h := openHouse(t, nil)
	h.do("POST", "/activities", aPoll)
	h.do("POST", "/activities/1/open", "")
	script := eager(0)
	script.Reconnect = 30 // times a minute: half of them each second
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: phones, Script: script, Seed: 5})
	looks := 0
	r.until(t, "a while", func(p rehearse.Progress) bool {
		if p.Accepted == phones {
			looks++
		}
		return looks == 5
	})
	report := r.end(t)
	ok(t, report)
	if report.Reconnects == 0 || report.Joined != phones {
		t.Errorf("%+v", report)
	}
}

// TestRate: at a rate, taps leave when they are due.
func TestRate(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.do("POST", "/activities", aPoll)
	h.do("POST", "/activities/1/open", "")
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: 50, Rate: 200, Script: rehearse.Script{Stay: 2 * time.Second}, Seed: 5})
	report := <-r.report
	ok(t, report)
	h.look()
	// None is left out; the first ones wait for the first phone to connect.
	if made := report.Taps + report.Unplaced; made < 200 || made > 401 {
		t.Errorf("%d taps in 2 s at 200 a second", made)
	}
	if report.Entries.Counted != int64(h.description.Activities[0].Entries) || report.Entries.Changed == 0 {
		t.Errorf("%+v", report)
	}
}

// TestClaims: a raffle that only those can win who say that they are here; the
// winners claim.
func TestClaims(t *testing.T) {
	t.Parallel()
	const phones = 20
	h := openHouse(t, nil)
	h.do("POST", "/activities", `{"kind":"raffle","title":"Mugs","winners":3,"eligible":{"checked_in":true}}`)
	script := eager(0)
	script.Claim, script.ClaimAfter = 1, 10*time.Millisecond
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: phones, Script: script, Seed: 5, Direct: true})
	r.until(t, "all connected", func(p rehearse.Progress) bool { return p.Connected == phones })
	h.do("POST", "/activities/1/open", "")
	r.until(t, "all entered", func(p rehearse.Progress) bool { return p.Accepted == phones })
	r.until(t, "all here", func(p rehearse.Progress) bool { return p.CheckIns == phones })
	h.do("POST", "/activities/1/close", "")
	h.do("POST", "/activities/1/draw", "")
	r.until(t, "all claimed", func(rehearse.Progress) bool {
		h.look()
		claimed := 0
		for _, w := range h.description.Activities[0].Winners {
			if w.Claim == "claiming" {
				claimed++
			}
		}
		return claimed == 3
	})
	if got := h.description.Activities[0].CanWin; got != phones-3 {
		t.Errorf("%d can still win, want %d", got, phones-3)
	}
	report := r.end(t)
	ok(t, report)
	if report.Claims != 3 || len(report.Refused) != 0 {
		t.Errorf("%+v", report)
	}
}

// TestAtOnce: a crowd that is sent home does not wait for anything.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	h.do("POST", "/activities", aPoll)
	h.do("POST", "/activities/1/open", "")
	ctx, cancel := context.WithCancelCause(t.Context())
	script := eager(0)
	script.Kinds["poll"] = rehearse.Taking{Share: 1, After: time.Hour}
	report, err := rehearse.Run(ctx, rehearse.Config{JoinURL: h.joinURL, Phones: 10, Script: script, Seed: 5, Progress: func(p rehearse.Progress) {
		if p.Connected == 10 {
			cancel(rehearse.ErrAtOnce)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	skipped := 0
	for _, c := range report.Checks {
		if c.Skipped {
			skipped++
		}
	}
	if !report.OK || skipped != 6 || report.Taps != 0 {
		t.Errorf("%d checks were skipped of %+v", skipped, report)
	}
}

// TestDeleted: when the event is gone, the crowd leaves by itself.
func TestDeleted(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	r := begin(t, rehearse.Config{JoinURL: h.joinURL, Phones: 10, Script: eager(0), Seed: 5})
	r.until(t, "all connected", func(p rehearse.Progress) bool { return p.Connected == 10 })
	h.do("DELETE", "", "")
	if report := <-r.report; report == nil || !report.EventGone || !report.OK {
		t.Errorf("%+v", report)
	}
}

func TestRefusesToBegin(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	for name, c := range map[string]struct {
		url    string
		phones int
		says   string
	}{
		"no URL":        {"nonsense", 1, "want http"},
		"no such event": {h.Server + "/AAAAAA", 1, "404"},
		"no code":       {h.Server, 1, "no event"},
		"nobody there":  {"http://127.0.0.1:1/ABCDEF", 1, "refused"},
		"no phones":     {h.joinURL, 0, "at least one"},
	} {
		_, err := rehearse.Run(t.Context(), rehearse.Config{JoinURL: c.url, Phones: c.phones})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q in it", name, err, c.says)
		}
	}
	_, err := rehearse.Run(t.Context(), rehearse.Config{JoinURL: h.joinURL, Phones: 1 << 30})
	if !errors.Is(err, rehearse.ErrTooManyPhones) || !strings.Contains(err.Error(), "the limit is ") {
		t.Errorf("a billion phones: %v", err)
	}
}
