package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

// A round has at least so many broadcasts, and so many deliveries.
const (
	leastBroadcasts = 12
	roundDeliveries = 20_000
)

// crowdCost is what a crowd cost Drumroll.
type crowdCost struct {
	delivery        []float64 // CPU, µs
	memory, arrival float64   // of a phone: resident KB, CPU in µs
}

// fanout compares deliveries to crowds of three sizes, and measures what an idle
// phone takes.
func fanout(ctx context.Context, b *bench) error {
	var smallest crowdCost
	for _, n := range []int{1000, 5000, 15_000} {
		n = b.size(n)
		cost, err := b.fanoutTo(ctx, n)
		if err != nil {
			return fmt.Errorf("%d phones: %w", n, err)
		}
		if smallest.delivery == nil {
			smallest = cost
			continue
		}
		name := fmt.Sprintf("%d phones: ", n)
		b.add(
			report.Compare("fanout", name+"CPU a delivery, growth", "µs", cost.delivery, "fewest", smallest.delivery, report.AtMost(growth)),
			report.Compare("fanout", name+"CPU a phone's arrival, growth", "µs", []float64{cost.arrival}, "fewest", []float64{smallest.arrival}, report.AtMost(growth)))
	}
	return nil
}

func (b *bench) fanoutTo(ctx context.Context, n int) (cost crowdCost, err error) {
	var all []*audience
	defer func() {
		for _, a := range all {
			err = errors.Join(err, a.end())
		}
	}()
	ours, d, err := b.drumrollAudience(ctx, n)
	if err != nil {
		return cost, err
	}
	all = append(all, ours)
	idle, err := b.idleMemory(ctx, d)
	if err != nil {
		return cost, err
	}
	// The first broadcast warms up, and tells the length of a tick.
	if err := ours.deliver(ctx, 1); err != nil {
		return cost, err
	}
	for _, name := range []string{"centrifuge", "writes"} {
		a, err := b.baselineAudience(ctx, name, n, ours.length-2) // without the frame's head
		if err != nil {
			return cost, err
		}
		all = append(all, a)
		if err := a.deliver(ctx, 1); err != nil {
			return cost, err
		}
	}
	for _, a := range all {
		a.cpu, a.rate = nil, nil
	}
	broadcasts := max(leastBroadcasts, b.size(roundDeliveries)/n)
	order := slices.Clone(all)
	for range b.rounds {
		for _, a := range order {
			if err := a.deliver(ctx, broadcasts); err != nil {
				return cost, err
			}
		}
		slices.Reverse(order)
	}
	cost = crowdCost{ours.cpu, float64(idle-ours.before) / float64(n) / 1024, ours.arrival}
	name := fmt.Sprintf("%d phones: ", n)
	b.add(
		report.Compare("fanout", name+"CPU a delivery", "µs", ours.cpu, "bare writes", all[2].cpu, report.AtMost(deliveryToWrites)),
		report.Compare("fanout", name+"deliveries a CPU-second", "", ours.rate, "centrifuge", all[1].rate, report.AtLeast(deliveryToCentrifuge)),
		report.Amount("fanout", name+"memory of an idle phone", "KB", idlePhoneKB, cost.memory).
			With(fmt.Sprintf("the kernel's slab takes %.1f KB more, for both ends", float64(ours.slab)/float64(n)/1024)),
		report.Figure("fanout", name+"CPU a phone's arrival", "µs", cost.arrival))
	return cost, nil
}

// drumrollAudience starts the real binary with a poll, and its crowd.
func (b *bench) drumrollAudience(ctx context.Context, n int) (a *audience, d *drumroll, err error) {
	if d, err = b.start(ctx, embedded); err != nil {
		return nil, nil, err
	}
	a = &audience{name: "drumroll", server: d.Process, stop: d.stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.end())
		}
	}()
	s, err := d.poll(ctx, contract.Live)
	if err != nil {
		return nil, nil, err
	}
	before, err := d.CPU()
	if err != nil {
		return nil, nil, err
	}
	err = a.gather(ctx, b, "-addr", d.addr, "-n", fmt.Sprint(n), "-code", s.Code, "-activity", fmt.Sprint(s.activity), "-run", fmt.Sprint(s.run))
	if err != nil {
		return nil, nil, err
	}
	after, err := d.CPU()
	a.arrival = (after - before).Seconds() * 1e6 / float64(n)
	return a, d, err
}

// baselineAudience starts a baseline and its crowd. payload is the length of a tick.
func (b *bench) baselineAudience(ctx context.Context, name string, n, payload int) (*audience, error) {
	p, err := proc.Start(name, b.core, b.self, "baseline", "-name", name, "-payload", fmt.Sprint(payload))
	if err != nil {
		return nil, err
	}
	a := &audience{name: name, server: p, stop: p.Stop}
	addr, err := p.Listening(ctx, "listening on ")
	if err == nil {
		err = a.gather(ctx, b, "-addr", addr, "-n", fmt.Sprint(n))
	}
	if err != nil {
		return nil, errors.Join(err, a.end())
	}
	return a, nil
}

// idleMemory is the server's resident memory in bytes, once the garbage of the
// arrivals is collected and given back to the system.
func (b *bench) idleMemory(ctx context.Context, d *drumroll) (rss int64, err error) {
	if _, err := d.heap(ctx); err != nil {
		return 0, err
	}
	limit := time.Now().Add(b.span(20 * time.Second))
	for calm, last := 0, int64(1<<62); calm < 4 && time.Now().Before(limit); last = rss {
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return 0, err
		}
		if rss, err = d.RSS(); err != nil {
			return 0, err
		}
		if calm++; rss < last-last/200 {
			calm = 0
		}
	}
	return rss, nil
}
