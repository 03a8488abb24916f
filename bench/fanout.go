package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
)

// crowdSizes are the numbers of phones; a process may hold some more files.
func crowdSizes() []int { return []int{1000, 5000, 15_000} }

const (
	broadcastEvery = 100 * time.Millisecond
	// How many broadcasts a round holds at least, and how many deliveries.
	leastBroadcasts = 12
	deliveries      = 20_000
	idleBudget      = 10 << 10 // bytes a phone
)

// fanout compares deliveries to crowds of three sizes, and what a phone that
// does nothing takes.
func fanout(ctx context.Context, b *bench) error {
	var least *gathering
	for _, n := range crowdSizes() {
		n = b.size(n)
		g, err := b.fanoutTo(ctx, n)
		if err != nil {
			return fmt.Errorf("%d phones: %w", n, err)
		}
		if least == nil {
			least = g
			continue
		}
		name := fmt.Sprintf("%d phones: ", n)
		b.add(
			report.Growth("fanout", name+"CPU a delivery, growth", "µs", least.cpu, g.cpu),
			report.Growth("idle", name+"memory a phone, growth", "KB", []float64{least.memory}, []float64{g.memory}),
			report.Growth("idle", name+"CPU a phone's arrival, growth", "µs", []float64{least.arrival}, []float64{g.arrival}),
		)
	}
	return nil
}

// fanoutTo compares with so many phones, and returns what Drumroll's took.
func (b *bench) fanoutTo(ctx context.Context, n int) (ours *gathering, err error) {
	var all []*gathering
	defer func() {
		for _, g := range all {
			err = errors.Join(err, g.end())
		}
	}()
	if ours, err = b.drumrollCrowd(ctx, embedded, n); err != nil {
		return nil, err
	}
	all = append(all, ours)
	if err := ours.settle(ctx, b); err != nil {
		return nil, err
	}
	// One broadcast tells how long a tick's frame is.
	if err := ours.round(ctx, 1); err != nil {
		return nil, err
	}
	for _, kind := range []string{kindCentrifuge, kindWrites} {
		g, err := b.baselineCrowd(ctx, kind, n, ours.payload)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
		if err := g.settle(ctx, b); err != nil {
			return nil, err
		}
		if err := g.round(ctx, 1); err != nil {
			return nil, err
		}
	}
	for _, g := range all {
		g.rate, g.cpu, g.spread = nil, nil, nil // the first was to warm up
	}
	each := max(leastBroadcasts, deliveries/n)
	if b.quick {
		each = leastBroadcasts
	}
	for round := range b.rounds {
		for i := range all {
			if round%2 == 1 {
				i = len(all) - 1 - i
			}
			if err := all[i].round(ctx, each); err != nil {
				return nil, err
			}
		}
	}
	library, bare := all[1], all[2]
	name := fmt.Sprintf("%d phones: ", n)
	b.add(
		report.Compare("fanout", name+"CPU a delivery", "µs", ours.cpu, "bare writes", bare.cpu, report.Softly(1.25)),
		report.Compare("fanout", name+"deliveries a CPU-second", "", ours.rate, "centrifuge", library.rate, report.AtLeast(1.25)),
		report.Compare("fanout", name+"first to last", "ms", ours.spread, "bare writes", bare.spread, nil),
		report.Compare("fanout", name+"first to last", "ms", ours.spread, "centrifuge", library.spread, nil),
	)
	ours.memory, library.memory = ours.each(ours.settled, n), library.each(library.settled, n)
	idle := report.Amount("idle", name+"memory a phone", "KB", []float64{ours.memory}, idleBudget>>10, true)
	idle.Note = fmt.Sprintf("%.1f KB just after all came; the kernel's slab takes %.1f KB more, for both ends", ours.each(ours.after, n), float64(ours.slab)/float64(n)/1024)
	b.add(idle, report.Compare("idle", name+"memory a phone", "KB", []float64{ours.memory}, "centrifuge", []float64{library.memory}, nil),
		report.Compare("idle", name+"CPU a phone's arrival", "µs", []float64{ours.arrival}, "centrifuge", []float64{library.arrival}, nil))
	return ours, nil
}

// each is resident memory a phone in KB.
func (g *gathering) each(rss int64, n int) float64 { return float64(rss-g.before) / float64(n) / 1024 }

// round is some broadcasts, with their cost.
func (g *gathering) round(ctx context.Context, broadcasts int) error {
	before, err := g.server.CPU()
	if err != nil {
		return err
	}
	var d struct {
		Frames, Bytes int
		Spread        []time.Duration
	}
	if err := g.order(ctx, order{Do: "deliver", Rounds: broadcasts, Every: broadcastEvery}, &d); err != nil {
		return err
	}
	after, err := g.server.CPU()
	if err != nil {
		return err
	}
	if d.Frames == 0 {
		return fmt.Errorf("%s delivered nothing", g.name)
	}
	// A frame of so few bytes has a head of two, a longer one of four.
	if g.payload = d.Bytes - 2; g.payload > 125 {
		g.payload = d.Bytes - 4
	}
	g.cpu = append(g.cpu, (after-before).Seconds()*1e6/float64(d.Frames))
	g.rate = append(g.rate, float64(d.Frames)/(after-before).Seconds())
	var spread []float64
	for _, s := range d.Spread {
		spread = append(spread, s.Seconds()*1000)
	}
	g.spread = append(g.spread, report.Of(spread).Median)
	return nil
}

var adminLine = regexp.MustCompile(`metrics and pprof.* addr=(\S+)`)

// drumrollCrowd starts the real binary with a poll and its crowd.
func (b *bench) drumrollCrowd(ctx context.Context, store string, n int) (g *gathering, err error) {
	d, err := b.start(ctx, store)
	if err != nil {
		return nil, err
	}
	g = &gathering{name: "drumroll", server: d.Process, stop: d.stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.end())
		}
	}()
	s, err := d.poll(ctx, live)
	if err != nil {
		return nil, err
	}
	if m := adminLine.FindStringSubmatch(d.Said()); m != nil {
		g.admin = m[1]
	}
	return g, b.gather(ctx, g, n, "-kind", kindDrumroll, "-addr", d.Addr, "-code", s.Code,
		"-activity", fmt.Sprint(s.activity), "-run", fmt.Sprint(s.run))
}

// baselineCrowd starts a baseline and its crowd; payload is a tick's length.
func (b *bench) baselineCrowd(ctx context.Context, kind string, n, payload int) (g *gathering, err error) {
	p, err := proc.Start(kind, b.core, b.self, "baseline", "-name", kind, "-payload", fmt.Sprint(payload))
	if err != nil {
		return nil, err
	}
	g = &gathering{name: kind, server: p, stop: p.Stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.end())
		}
	}()
	addr, err := p.Ready(ctx, "listening on ")
	if err != nil {
		return nil, err
	}
	return g, b.gather(ctx, g, n, "-kind", kind, "-addr", addr)
}

// settle reads what a server holds for phones that do nothing: it asks for a
// collection, since the joining left garbage, and waits until no more memory is
// given back to the system.
func (g *gathering) settle(ctx context.Context, b *bench) error {
	if g.admin != "" {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.admin+"/debug/pprof/heap?gc=1", nil)
		if err != nil {
			return fmt.Errorf("collect: %w", err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("collect: %w", err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil {
			return fmt.Errorf("collect: %w", err)
		}
	} else if err := g.server.Tell(collect); err != nil {
		return err
	}
	var err error
	for calm, last, limit := 0, int64(1<<62), time.Now().Add(b.span(20*time.Second)); calm < 4 && time.Now().Before(limit); {
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		if g.settled, err = g.server.RSS(); err != nil {
			return err
		}
		if calm++; g.settled < last-last/200 {
			calm = 0
		}
		last = g.settled
	}
	return nil
}
