package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
	"drumroll/internal/rehearse"
)

const (
	arenaPhones = 100_000
	arenaNodes  = 7                // of at most 15,000 sockets
	arenaArrive = 90 * time.Second // over which phones arrive
	arenaFull   = 8 * time.Minute  // until all are connected, at most
	arenaPause  = 20 * time.Second // after each act of the host
	arenaEnd    = 3 * time.Minute  // for the crowds to check what stands, and report
)

// arenaScript has everybody take part and nobody lose the network: what a phone
// misses is then the fault of the server.
const arenaScript = `join over %v
vote 90%% after 5s
change 10%%
enter 90%% after 5s
stay 0s
`

// hall is the nodes and crowds of an arena.
type hall struct {
	redis  *proc.Redis
	nodes  []*drumroll
	crowds []*proc.Process
}

func (h *hall) stop() (err error) {
	for _, c := range h.crowds {
		err = errors.Join(err, c.Stop())
	}
	for _, n := range h.nodes {
		err = errors.Join(err, n.Process.Stop())
	}
	if h.redis != nil {
		err = errors.Join(err, h.redis.Stop())
	}
	return err
}

// arena sends a hundred thousand simulated phones to seven nodes on one Redis and runs
// a poll and a raffle with them. Every phone checks what it is told.
func arena(ctx context.Context, b *bench) (err error) {
	h := &hall{}
	defer func() { err = errors.Join(err, h.stop()) }()
	dir, err := b.scratch()
	if err != nil {
		return err
	}
	if h.redis, err = proc.StartRedis(ctx, b.rest, dir, "everysec"); err != nil {
		return err
	}
	for range arenaNodes {
		d := &drumroll{args: []string{"--redis", "redis://" + h.redis.Addr}}
		h.nodes = append(h.nodes, d)
		if err := d.serve(ctx, b); err != nil {
			return err
		}
	}
	s, err := h.nodes[0].poll(ctx, contract.Live)
	if err != nil {
		return err
	}
	keyboard, err := nodetest.Add(ctx, &s.EventClient, contract.RaffleSpec{Kind: contract.KindRaffle, Title: "A keyboard", Winners: 3})
	if err != nil {
		return err
	}
	each := (b.size(arenaPhones) + arenaNodes - 1) / arenaNodes
	if err := h.invite(b, dir, s.Code, each); err != nil {
		return err
	}
	if err := s.waitForPhones(ctx, b, each*arenaNodes); err != nil {
		return err
	}
	for _, act := range []struct {
		activity int
		verb     string
	}{{s.activity, "close"}, {s.activity, "reveal"}, {keyboard.ID, "open"}, {keyboard.ID, "close"}, {keyboard.ID, "draw"}} {
		b.logf("arena: activity %d: %s", act.activity, act.verb)
		if _, err := nodetest.Command(ctx, &s.EventClient, act.activity, act.verb); err != nil {
			return err
		}
		if err := pause(ctx, b.span(arenaPause)); err != nil {
			return err
		}
	}
	e, err := s.Get(ctx)
	if err != nil {
		return err
	}
	reports, err := h.dismiss(ctx)
	if err != nil {
		return err
	}
	return b.judgeArena(reports, each*arenaNodes, e.Activities[0].Entries+e.Activities[1].Entries)
}

// invite starts a crowd at each node.
func (h *hall) invite(b *bench, dir, code string, each int) error {
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, fmt.Appendf(nil, arenaScript, b.span(arenaArrive)), 0o600); err != nil {
		return fmt.Errorf("the crowds' script: %w", err)
	}
	for i, n := range h.nodes {
		p, err := proc.Start(fmt.Sprint("crowd ", i), b.rest, b.server, "rehearse", "--phones", fmt.Sprint(each), "--json",
			"--script", script, "--seed", fmt.Sprint(i+1), "http://"+n.addr+"/"+code)
		if err != nil {
			return err
		}
		h.crowds = append(h.crowds, p)
	}
	return nil
}

// waitForPhones waits until n phones are connected.
func (s *show) waitForPhones(ctx context.Context, b *bench, n int) error {
	for began, logged := time.Now(), 0; ; {
		e, err := s.Get(ctx)
		if err != nil {
			return err
		}
		connected := e.People.Connected
		if connected >= n {
			b.logf("arena: %d phones are connected after %v", n, time.Since(began).Round(time.Second))
			return nil
		}
		if time.Since(began) > arenaFull {
			return fmt.Errorf("%d of %d phones are connected after %v", connected, n, arenaFull)
		}
		if connected/10_000 > logged {
			logged = connected / 10_000
			b.logf("arena: %d phones are connected", connected)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// dismiss sends the crowds home and returns their reports.
func (h *hall) dismiss(ctx context.Context) (reports []rehearse.Report, err error) {
	for _, c := range h.crowds {
		if err := c.Terminate(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, arenaEnd)
	defer cancel()
	for _, c := range h.crowds {
		text, err := c.Output(ctx)
		if err != nil {
			return nil, err
		}
		var r rehearse.Report
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return nil, fmt.Errorf("%s reports %q (%s): %w", c.Name, text, c.Stderr(), err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// judgeArena adds the rows, if all checks of all phones held and the crowds account
// for the entries that the server has.
func (b *bench) judgeArena(reports []rehearse.Report, phones, entries int) error {
	var connected, counted, unchanged int64
	var spread, p99 float64
	for _, r := range reports {
		connected += r.Connected
		counted += r.Entries.Counted
		unchanged += r.Entries.Unchanged
		spread, p99 = max(spread, r.Spread.MaxMS), max(p99, r.Latency.P99)
		for _, check := range r.Checks {
			if check.Failed > 0 {
				return fmt.Errorf("%d checks of phones failed: %s, such as %s", check.Failed, check.Name, check.Example)
			}
		}
	}
	// A phone whose acknowledgement was lost was told "unchanged" when it tried again.
	if n := int64(entries); n < counted || n > counted+unchanged {
		return fmt.Errorf("the server has %d entries; %d were acknowledged as counted, %d as unchanged", entries, counted, unchanged)
	}
	b.add(
		report.Compare("arena", fmt.Sprintf("phones connected at %d nodes", arenaNodes), "", []float64{float64(connected)},
			"all", []float64{float64(phones)}, report.AtLeast(1)).
			With(fmt.Sprintf("every check held; %d entries; a tap was acknowledged within %.0f ms in 99 of 100 cases at the slowest node", entries, p99)),
		report.Amount("arena", "from the first phone of a node to its last, the slowest state", "ms", arenaSpreadMs, spread))
	return nil
}
