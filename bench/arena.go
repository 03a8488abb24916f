package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
)

const (
	arenaPhones = 100_000
	arenaNodes  = 7                // with at most 15,000 sockets each
	arenaArrive = 90 * time.Second // over which phones come
	arenaWait   = 8 * time.Minute  // for all of them to be in
	arenaPause  = 20 * time.Second // after each act of the host's
	arenaEnd    = 3 * time.Minute  // for the crowds to check what stands, and report
	// ms from the first phone of a node to its last. On two cores for everything it is
	// mostly the time that the simulated phones take to read a state.
	arenaSpread = 15_000.0
)

// arenaScript has everybody take part, and nobody lose the network: what a phone
// misses is then the server's fault.
const arenaScript = `join over %v
vote 90%% after 5s
change 10%%
enter 90%% after 5s
stay 0s
`

// rehearsed is what a rehearsal reports, as far as it is looked at here.
type rehearsed struct {
	OK        bool `json:"ok"`
	Phones    int  `json:"phones"`
	Connected int  `json:"connected"`
	Entries   struct {
		Counted, Changed, Unchanged int
	} `json:"entries"`
	Unanswered int            `json:"unanswered"`
	Refused    map[string]int `json:"refused"`
	Latency    struct {
		P50, P99, Max float64
	} `json:"latency_ms"`
	Spread struct {
		States int     `json:"states"`
		MaxMS  float64 `json:"max_ms"`
	} `json:"spread"`
	Checks []struct {
		Name    string `json:"name"`
		Failed  int    `json:"failed"`
		Skipped bool   `json:"skipped"`
		Example string `json:"example"`
	} `json:"checks"`
}

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

// memory is the resident memory of the nodes in bytes.
func (h *hall) memory() (sum int64, err error) {
	for _, n := range h.nodes {
		rss, err := n.RSS()
		if err != nil {
			return 0, err
		}
		sum += rss
	}
	return sum, nil
}

func (h *hall) cpu() (nodes, redis time.Duration, err error) {
	for _, n := range h.nodes {
		used, err := n.CPU()
		if err != nil {
			return 0, 0, err
		}
		nodes += used
	}
	redis, err = h.redis.CPU()
	return nodes, redis, err
}

// arena sends a hundred thousand phones to seven nodes on one Redis, rehearses a
// poll and a raffle with them, and has every phone check what it is told.
func arena(ctx context.Context, b *bench) (err error) {
	each := int(math.Ceil(float64(b.size(arenaPhones)) / arenaNodes))
	h := &hall{}
	defer func() { err = errors.Join(err, h.stop()) }()
	dir, err := scratch(b.dir)
	if err != nil {
		return err
	}
	if h.redis, err = proc.StartRedis(ctx, b.rest, dir, "everysec"); err != nil {
		return err
	}
	for range arenaNodes {
		d := &drumroll{}
		// Everything shares both cores: the crowds need more than the nodes do.
		if err := d.serve(ctx, b, "--redis", "redis://"+h.redis.Addr); err != nil {
			return err
		}
		h.nodes = append(h.nodes, d)
	}
	s, err := h.nodes[0].show(ctx, map[string]any{"kind": "poll", "title": "Tabs or spaces?", "options": []string{"Tabs", "Spaces", "Both"}, "results": "live"})
	if err != nil {
		return err
	}
	if err := s.host(ctx, "POST", "/activities", map[string]any{"kind": "raffle", "title": "A keyboard", "winners": 3}, nil); err != nil {
		return err
	}
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte(fmt.Sprintf(arenaScript, b.span(arenaArrive))), 0o600); err != nil {
		return fmt.Errorf("the crowds' script: %w", err)
	}
	empty, err := h.memory()
	if err != nil {
		return err
	}
	for i, n := range h.nodes {
		p, err := proc.Start(fmt.Sprint("crowd ", i), b.rest, b.server, "rehearse", "--phones", fmt.Sprint(each), "--json", "--script", script,
			"--seed", fmt.Sprint(i+1), "http://"+n.Addr+"/"+s.Code)
		if err != nil {
			return err
		}
		h.crowds = append(h.crowds, p)
	}
	if err := s.fill(ctx, b, each*arenaNodes); err != nil {
		return err
	}
	full, err := h.memory()
	if err != nil {
		return err
	}
	cpu, redisCPU, err := h.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	for _, verb := range []string{"1/close", "1/reveal", "2/open", "2/close", "2/draw"} {
		if err := s.host(ctx, "POST", "/activities/"+verb, nil, nil); err != nil {
			return err
		}
		b.tell("arena: %s", verb)
		if err := pause(ctx, b.span(arenaPause)); err != nil {
			return err
		}
	}
	lasted := time.Since(began)
	cpu1, redisCPU1, err := h.cpu()
	if err != nil {
		return err
	}
	var e struct{ Activities []struct{ Entries int } }
	if err := s.host(ctx, "GET", "", nil, &e); err != nil {
		return err
	}
	polled, tickets := e.Activities[0].Entries, e.Activities[1].Entries
	row, spread, err := h.judge(ctx, each, polled+tickets)
	if err != nil {
		return err
	}
	row.Note += fmt.Sprintf("; %d entries in the poll and %d in the raffle; in the show's %v the nodes took %.0f %% of a core, Redis %.0f %%; the nodes' memory is %.1f KB a phone",
		polled, tickets, lasted.Round(time.Second), 100*(cpu1-cpu).Seconds()/lasted.Seconds(), 100*(redisCPU1-redisCPU).Seconds()/lasted.Seconds(),
		float64(full-empty)/1024/float64(each*arenaNodes))
	b.add(row, spread)
	return nil
}

// fill waits until all phones are in.
func (s *show) fill(ctx context.Context, b *bench, n int) error {
	began, told := time.Now(), 0
	for {
		here, err := s.connected(ctx)
		if err != nil {
			return err
		}
		if here >= n {
			b.tell("arena: %d phones are in after %v", n, time.Since(began).Round(time.Second))
			return nil
		}
		if time.Since(began) > arenaWait {
			return fmt.Errorf("%d of %d phones are in after %v", here, n, arenaWait)
		}
		if here/10_000 > told {
			told = here / 10_000
			b.tell("arena: %d phones are in", here)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// judge sends the crowds home and reads their reports, which together must account
// for the entries that the server has.
func (h *hall) judge(ctx context.Context, each, entries int) (all, spread report.Row, err error) {
	var worst, p99, longest float64
	connected, states, failed := 0, 1<<30, 0
	counted, unchanged := 0, 0
	example := ""
	promises := 0
	skipped := map[string]bool{} // what a crowd cannot check that is not alone in its event: it is done here
	for _, c := range h.crowds {
		if err := c.End(); err != nil {
			return all, spread, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, arenaEnd)
	defer cancel()
	for _, c := range h.crowds {
		text, err := c.Rest(ctx)
		if err != nil {
			return all, spread, err
		}
		var r rehearsed
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return all, spread, fmt.Errorf("%s reports %q (%s): %w", c.Name, text, c.Said(), err)
		}
		connected += r.Connected
		counted += r.Entries.Counted
		unchanged += r.Entries.Unchanged
		promises = len(r.Checks)
		states = min(states, r.Spread.States)
		worst, p99, longest = max(worst, r.Spread.MaxMS), max(p99, r.Latency.P99), max(longest, r.Latency.Max)
		for _, check := range r.Checks {
			if check.Skipped {
				skipped[check.Name] = true
			}
			if check.Failed > 0 {
				failed += check.Failed
				example = check.Name + ": " + check.Example
			}
		}
		if !r.OK && failed == 0 {
			return all, spread, fmt.Errorf("%s is not content, and does not say why: %s", c.Name, text)
		}
	}
	if failed > 0 {
		return all, spread, fmt.Errorf("%d checks of phones failed, such as: %s", failed, example)
	}
	// Of one whose acknowledgement was lost, the phone was told "unchanged" the next time.
	if entries < counted || entries > counted+unchanged {
		return all, spread, fmt.Errorf("the server has %d entries; %d were acknowledged as counted, %d as unchanged", entries, counted, unchanged)
	}
	n := each * len(h.crowds)
	all = report.Compare("arena", fmt.Sprintf("%d phones at %d nodes: connected, every check held", n, len(h.nodes)), "",
		[]float64{float64(connected)}, "all", []float64{float64(n)}, report.AtLeast(1))
	all.Note = fmt.Sprintf("%d of %d promises checked by each phone or crowd, not %q, for which %d entries stand against %d acknowledged as counted; each node's phones were all sent %d states or more; a tap was acknowledged within %.0f ms in 99 of 100 cases at the slowest node, %.0f ms at the most", promises-len(skipped), promises, slices.Sorted(maps.Keys(skipped)), entries, counted, states, p99, longest)
	spread = report.Amount("arena", "from the first phone of a node to its last, the slowest state", "ms", []float64{worst}, arenaSpread, false)
	return all, spread, nil
}
