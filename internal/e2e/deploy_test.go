//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"drumroll/internal/nodetest"
	"drumroll/internal/rehearse"
)

const (
	deployNodes = 3
	// deployPhones unless DRUMROLL_E2E_PHONES says otherwise; `make faults` sends
	// 3,000.
	deployPhones = 300
	// deployDelay is what compose.yaml and the unit give the balancer.
	deployDelay = "2s"
	backWithin  = 10 * time.Second
	// sentAwayRate is what docs/OPERATING.md promises in phones a second, with some tolerance.
	sentAwayRate = 500 * 1.2
)

// TestRollingRestart deploys a full house: three nodes, one after the other, get
// SIGTERM and start again while the phones go on tapping. The phones are back at
// once and evenly, no tap is lost, and no request fails.
func TestRollingRestart(t *testing.T) {
	phones, full := deployPhones, false
	if text := os.Getenv("DRUMROLL_E2E_PHONES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < deployNodes {
			t.Fatalf("DRUMROLL_E2E_PHONES is %q: want a number of phones", text)
		}
		phones, full = n, true
	}
	s := balanced(t, deployNodes, "--drain-delay", deployDelay, "--admin-addr", "127.0.0.1:0")
	nodes := append([]*server{s}, s.kin...)
	e := s.createEvent(t, "Deployed under load")
	poll := e.addPoll("Left or right?", "live", "Left", "Right", "Neither")
	e.verb(poll.ID, "open")

	// A real phone is there as well; its event is its own, for the crowd counts all.
	mine := s.createEvent(t, "One real phone")
	question := mine.addPoll("Tea or coffee?", "live", "Tea", "Coffee").ID
	mine.verb(question, "open")
	phone := newDevice(t, "phone", handheld, calm).open(mine.JoinURL)
	vote(phone, question, 0)

	crowd := sendCrowd(t, e, phones)
	others := sendScripts(t, s)
	for i, n := range nodes {
		name := fmt.Sprintf("node%d", i+1)
		eventually(t, startLimit, name+" is in", func() bool { return s.front.up(name) })
		watch := watchArrivals(t, nodes)
		began := time.Now()
		n.stop1()
		left := time.Since(began)
		crowd.all(t, began)
		back := time.Since(began)
		time.Sleep(time.Second) // the window in which the last arrivals are counted
		busiest := watch.stop()

		moved, took := sentAway(t, n)
		bound := 2 * float64(moved) / took.Seconds()
		t.Logf("%s: %d phones moved in %v, it had left after %v, all were back after %v; in the busiest second %.0f came to one node (twice the even share: %.0f)",
			name, moved, took, left.Round(time.Millisecond), back.Round(time.Millisecond), busiest, bound)
		if moved < phones/deployNodes/4 {
			t.Errorf("%s had only %d of %d phones: this tested little", name, moved, phones)
		}
		if busiest > bound {
			t.Errorf("in the busiest second %.0f phones came to one node, want at most %.0f", busiest, bound)
		}
		if rate := float64(moved) / took.Seconds(); full && rate > sentAwayRate {
			t.Errorf("%.0f phones a second were sent away, want at most %.0f", rate, sentAwayRate)
		}
		if full && back > backWithin {
			t.Errorf("all phones were back only after %v, want at most %v", back, backWithin)
		}
		n.launch()

		phone.shows(connected)
		phone.shows(option(question, i%2) + counted)
		vote(phone, question, (i+1)%2)
	}
	others.finish(t)
	report := crowd.goHome(t)

	var text bytes.Buffer
	if err := report.Write(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &text)
	if !report.OK || report.Unanswered > 0 || int(report.Connected) != phones {
		t.Error("the crowd lost something")
	}
	for _, why := range slices.Sorted(maps.Keys(report.Refused)) {
		if strings.HasPrefix(why, "dial") || strings.HasPrefix(why, "join") {
			t.Errorf("%d × %s: a node was asked that had left, or none was there", report.Refused[why], why)
		}
	}
	if report.Reconnects < int64(phones) {
		t.Errorf("%d reconnects of %d phones over %d restarts: this tested little", report.Reconnects, phones, deployNodes)
	}
}

// stop1 is stop without the kin.
func (s *server) stop1() {
	kin := s.kin
	s.kin = nil
	s.stop()
	s.kin = kin
}

// crowdRun is a simulated crowd in this process.
type crowdRun struct {
	phones    int
	connected atomic.Int64
	moved     chan struct{} // holds one when connected changed
	leave     context.CancelFunc
	ended     chan *rehearse.Report
}

// sendCrowd returns when all phones are there, and tapping.
func sendCrowd(t *testing.T, e *event, phones int) *crowdRun {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &crowdRun{phones: phones, moved: make(chan struct{}, 1), leave: cancel, ended: make(chan *rehearse.Report, 1)}
	go func() {
		report, err := rehearse.Run(ctx, rehearse.Config{
			JoinURL: e.JoinURL, Phones: phones, Rate: float64(phones) / 10, Seed: 1,
			Script: rehearse.Script{JoinOver: time.Duration(phones) * time.Second / 300, Kinds: map[string]rehearse.Taking{"poll": {Share: 1}}},
			Progress: func(p rehearse.Progress) {
				c.connected.Store(int64(p.Connected))
				select {
				case c.moved <- struct{}{}:
				default:
				}
			},
		})
		if err != nil {
			t.Errorf("rehearse: %v", err)
		}
		c.ended <- report
	}()
	t.Cleanup(cancel)
	c.all(t, time.Now())
	return c
}

// all waits until every phone is connected, told so after the given time.
func (c *crowdRun) all(t *testing.T, since time.Time) {
	t.Helper()
	const limit = 90 * time.Second
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	select { // what is known may be from before
	case <-c.moved:
	default:
	}
	for {
		select {
		case <-c.moved:
			if c.connected.Load() == int64(c.phones) {
				return
			}
		case <-deadline.C:
			t.Fatalf("only %d of %d phones are connected, %v later", c.connected.Load(), c.phones, time.Since(since).Round(time.Second))
		}
	}
}

func (c *crowdRun) goHome(t *testing.T) *rehearse.Report {
	t.Helper()
	c.leave()
	report := <-c.ended
	if report == nil {
		t.FailNow()
	}
	return report
}

// sentAway is what a node that left says of its drain: how many sockets, and how
// long it took.
func sentAway(t *testing.T, n *server) (sockets int, took time.Duration) {
	t.Helper()
	all := regexp.MustCompile(`msg="sockets were sent away" sockets=(\d+) took=(\S+)`).FindAllStringSubmatch(n.node.Said(), -1)
	if len(all) == 0 {
		t.Fatalf("the node does not tell of its drain:\n%s", n.node.Said())
	}
	last := all[len(all)-1]
	sockets, err := strconv.Atoi(last[1])
	if err != nil {
		t.Fatal(err)
	}
	if took, err = time.ParseDuration(last[2]); err != nil {
		t.Fatal(err)
	}
	return sockets, took
}

// arrivals counts the sockets that come to each node, about ten times a second.
type arrivals struct {
	done    chan struct{}
	busiest chan float64
}

// socketRequests is the line that counts them in a node's metrics.
var socketRequests = regexp.MustCompile(`(?m)^drumroll_request_duration_seconds_count\{route="/\{code\}/ws",status="\d+"\} (\d+)$`)

func watchArrivals(t *testing.T, nodes []*server) *arrivals {
	t.Helper()
	a := &arrivals{done: make(chan struct{}), busiest: make(chan float64, 1)}
	urls := make([]string, len(nodes))
	for i, n := range nodes {
		urls[i] = "http://" + n.adminAddr() + "/metrics"
	}
	go func() { a.busiest <- a.watch(urls) }()
	return a
}

// watch returns the most that came to one node in one second.
func (a *arrivals) watch(urls []string) (busiest float64) {
	type sample struct {
		at time.Time
		n  int
	}
	samples := make([][]sample, len(urls))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for i, url := range urls {
			status, body, err := tell(http.DefaultClient, "GET", url, "", nil)
			if err != nil || status != http.StatusOK {
				continue // it left
			}
			n := 0
			for _, m := range socketRequests.FindAllSubmatch(body, -1) {
				v, _ := strconv.Atoi(string(m[1])) // digits, by the pattern
				n += v
			}
			now := time.Now()
			samples[i] = append(samples[i], sample{now, n})
			// The newest sample that is a second old begins the window.
			for j := len(samples[i]) - 1; j >= 0; j-- {
				if over := now.Sub(samples[i][j].at); over >= time.Second {
					busiest = max(busiest, float64(n-samples[i][j].n)/over.Seconds())
					break
				}
			}
		}
		select {
		case <-tick.C:
		case <-a.done:
			return busiest
		}
	}
}

func (a *arrivals) stop() float64 {
	close(a.done)
	return <-a.busiest
}

// adminAddr is where the present process serves its metrics.
func (s *server) adminAddr() string {
	s.t.Helper()
	all := regexp.MustCompile(`msg="metrics and pprof" addr=(\S+)`).FindAllStringSubmatch(s.node.Said(), -1)
	if len(all) == 0 {
		s.t.Fatalf("the log does not say where the metrics are:\n%s", s.node.Said())
	}
	return all[len(all)-1][1]
}

// scripts make calls of an event of their own without a pause, each over a
// connection that is kept and over one that is not: every one must be answered.
type scripts struct {
	e     *event
	poll  int
	leave context.CancelFunc
	ended chan scriptsEnd
}

type scriptsEnd struct {
	votes int
	err   error
}

func sendScripts(t *testing.T, s *server) *scripts {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &scripts{e: s.createEvent(t, "Scripts"), leave: cancel, ended: make(chan scriptsEnd, 2)}
	c.poll = c.e.addPoll("Ready?", "live", "Yes").ID
	c.e.verb(c.poll, "open")
	for _, fresh := range []bool{true, false} {
		client := &http.Client{Timeout: socketLimit, Transport: &http.Transport{DisableKeepAlives: fresh}}
		go func() {
			var end scriptsEnd
			for ctx.Err() == nil && end.err == nil {
				if end.err = c.vote(client); end.err == nil {
					end.votes++
				}
			}
			client.CloseIdleConnections()
			c.ended <- end
		}()
	}
	t.Cleanup(cancel)
	return c
}

// vote opens the page, joins, votes and looks.
func (c *scripts) vote(client *http.Client) error {
	token := ""
	for _, call := range []struct {
		method, url string
		body        any
		want        int
	}{
		{"GET", c.e.JoinURL, nil, 200},
		{"POST", c.e.api("/participants"), nil, 201},
		{"POST", c.e.api("/entries"), map[string]any{"activity": c.poll, "choice": []int{0}, "run": 1, "n": 1}, 200},
		{"GET", c.e.api(""), nil, 200},
	} {
		status, data, err := tell(client, call.method, call.url, token, call.body)
		if err != nil || status != call.want {
			return fmt.Errorf("%s %s: status %d, want %d, %w: %s", call.method, call.url, status, call.want, err, nodetest.Tail(string(data), 300))
		}
		if call.want == 201 {
			token = regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(string(data))[1]
		}
	}
	return nil
}

func (c *scripts) finish(t *testing.T) {
	t.Helper()
	c.leave()
	votes := 0
	for range 2 {
		end := <-c.ended
		if end.err != nil {
			t.Errorf("a script's call failed: %v", end.err)
		}
		votes += end.votes
	}
	t.Logf("scripts made %d calls", 4*votes)
	if got := c.e.activity(c.poll).Entries; got != votes {
		t.Errorf("%d scripts voted, %d count", votes, got)
	}
}
