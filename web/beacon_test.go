package web_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/beacontest"
	"drumroll/internal/eventlog"
	"drumroll/internal/fairdraw"
)

// early is a log whose nodes live in the future, so that no test waits for the
// ten seconds until a round: records keep the log's true time.
type early struct{ eventlog.Store }

const ahead = 30 * time.Second

func (l early) Now(ctx context.Context) (time.Time, error) {
	now, err := l.Store.Now(ctx)
	return now.Add(ahead), err
}

func oracle(t testing.TB) (*beacontest.Beacon, setup) {
	b := beacontest.Start(t, beacontest.NewKey(t.Name(), time.Second, time.Now()))
	b.Ahead(ahead)
	return b, setup{beacon: b.Source(), wrap: func(l eventlog.Store) eventlog.Store { return early{l} }}
}

// askAgain asks for a draw until the log's clock has come to the round of the draw before,
// some ten seconds after it was asked for.
func (s *show) askAgain(c *caller, id int, verb string, body any) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		a := c.api("POST", s.path("/activities/"+itoa(id)+"/"+verb), body)
		if a.status != http.StatusConflict || !strings.Contains(string(a.body), "ask again") || time.Now().After(deadline) {
			a.want(http.StatusOK)
			return
		}
	}
}

// checked verifies the records of draws 1 to n, all of one run.
func (s *show) checked(n int, chain beacon.Chain) (records []*fairdraw.Record) {
	t := s.host.t
	var earlier [][]byte
	t.Helper()
	for d := 1; d <= n; d++ {
		body := s.stranger.api("GET", s.path("/draws/"+itoa(d)), nil).want(200).body
		list := s.stranger.get("/api/v1" + s.path("/draws/"+itoa(d)+"/entrants")).want(200).body
		known := fairdraw.Known{Earlier: slices.Clone(earlier), Entrants: bytes.NewReader(list), Chains: []beacon.Chain{chain}}
		steps := fairdraw.Check(body, known)
		if !fairdraw.OK(steps) {
			var out strings.Builder
			_ = fairdraw.Report(&out, steps)
			t.Errorf("draw %d:\n%s", d, &out)
		}
		r, err := fairdraw.ParseRecord(body)
		if err != nil {
			t.Fatal(err)
		}
		records, earlier = append(records, r), append(earlier, body)
	}
	return records
}

func TestDrawsWithABeacon(t *testing.T) {
	t.Parallel()
	b, with := oracle(t)
	s := embedded(t, with).create(t, "Public randomness")
	a := s.add(map[string]any{"kind": "raffle", "title": "R", "prizes": []string{"A mug", "A hat"}})
	s.full(t, a.ID, 6)
	frozen := s.fair(s.stranger, a.ID)
	if !frozen.Beacon || frozen.BeaconChain != b.Hash.String() || frozen.RoundAtMS < s.freezes()[0].At+10_000 || s.freezes()[0].Round != frozen.Round {
		t.Fatalf("the freeze: %+v", frozen)
	}
	drawn := func(n int) fair {
		t.Helper()
		eventually(t, "draw "+itoa(n), func() bool {
			var e struct{ Draws int }
			s.host.api("GET", s.path(""), nil).want(200).into(&e)
			return e.Draws == n
		})
		return s.fair(s.host, a.ID)
	}
	// The answer comes at once, whether or not the round is there.
	b.Misbehave(beacontest.Late)
	var waits fair
	s.verb(a.ID, "draw", `{"draw":1}`).want(200).into(&waits)
	if waits.State != "closed" || waits.Pending == nil || waits.Pending.Draw != 1 || waits.Pending.Round != frozen.Round || waits.Pending.AtMS != frozen.RoundAtMS || waits.Pending.Prize != "A mug" {
		t.Fatalf("the draw that waits: %+v", waits.Pending)
	}
	for _, fault := range []beacontest.Fault{beacontest.Late, beacontest.Wrong, beacontest.Unreachable} {
		b.Misbehave(fault)
		select { // who asked before the fault
		case <-b.Asked():
		default:
		}
		select {
		case <-b.Asked():
		case <-time.After(patience):
			t.Fatal("nobody asks for the round")
		}
		if got := s.fair(s.stranger, a.ID); got.State != "closed" || got.Pending == nil || got.Pending.WaitingSince != frozen.RoundAtMS {
			t.Fatalf("with fault %d: %+v", fault, got)
		}
	}
	s.verb(a.ID, "draw", nil).problem(409, "conflict") // pressed twice
	b.Misbehave(beacontest.None)
	first := drawn(1).Winners[0]

	s.askAgain(s.host, a.ID, "redraw", map[string]any{"winner": first.Ticket, "reason": "absent"})
	drawn(2)
	s.askAgain(s.host, a.ID, "draw", nil)
	last := drawn(3)
	if len(last.Winners) != 2 || last.Winners[0].Prize != "A mug" || last.Winners[1].Prize != "A hat" || len(last.Voided) != 1 || last.Pending != nil {
		t.Errorf("in the end: %+v", last)
	}
	records := s.checked(3, b.Chain)
	if records[0].Beacon == nil || uint64(records[0].Beacon.Round) != frozen.Round || records[1].Voided == nil {
		t.Errorf("records %+v", records)
	}
}

func TestAbandonedBeacon(t *testing.T) {
	t.Parallel()
	b, with := oracle(t)
	b.Misbehave(beacontest.Unreachable)
	n := embedded(t, with)
	s := n.create(t, "No randomness today")
	a := s.raffle(1)
	s.full(t, a.ID, 2)
	s.must(a.ID, "draw", nil)
	var gone fair
	s.verb(a.ID, "abandon", nil).want(200).into(&gone)
	if !gone.Abandoned || gone.Pending != nil || gone.State != "closed" {
		t.Errorf("abandoned: %+v", gone)
	}
	b.Misbehave(beacontest.None)
	s.verb(a.ID, "draw", nil).problem(409, "conflict")
	s.must(a.ID, "reset", nil)
	if lines := s.freezes(); len(lines) != 1 || !lines[0].Abandoned || lines[0].Draws != 0 {
		t.Errorf("history %+v", lines)
	}
	s.full(t, a.ID, 2)
	s.must(a.ID, "draw", nil)
	eventually(t, "the draw of the next run", func() bool { return s.fair(s.host, a.ID).State == "drawn" })
	s.checked(1, b.Chain)
	if lines := s.freezes(); len(lines) != 2 || lines[1].Abandoned || lines[1].Draws != 1 {
		t.Errorf("history %+v", lines)
	}
}

// Two nodes watch the same draw, and one draw comes of it.
func TestTwoNodesCompleteOneDraw(t *testing.T) {
	t.Parallel()
	b, with := oracle(t)
	st := redisStore(t)
	s := start(t, st, with).create(t, "Twice the nodes")
	second := start(t, st, with)
	a := s.raffle(1)
	s.full(t, a.ID, 5)
	there := second.caller(t, s.HostKey)
	for n := 1; n <= 3; n++ {
		s.askAgain(there, a.ID, "draw", nil)
		eventually(t, "draw "+itoa(n)+" on both nodes", func() bool {
			return len(s.fair(s.host, a.ID).Winners) == n && len(s.fair(there, a.ID).Winners) == n
		})
	}
	if diff := cmp.Diff(s.fair(s.host, a.ID).Winners, s.fair(there, a.ID).Winners); diff != "" {
		t.Errorf("the nodes differ:\n%s", diff)
	}
	s.checked(3, b.Chain)
	s.stranger.api("GET", s.path("/draws/4"), nil).want(404)
}
