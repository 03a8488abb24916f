package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
)

const (
	stalledPhones = 10_000
	stalledShare  = 20 // one in so many does not read
	stalledRate   = 500.0
	stalledGrowth = 1.2 // of the others' p99
	// Within the time after which those that do not read are cut: it is before that
	// that they could be in the way.
	stalledTaps   = 3 * time.Second
	stalledStates = 8
)

// readers is what the phones that read saw in one round.
type readers struct {
	acks   float64 // ms, p99 of taps at a steady rate
	states float64 // ms, p99 over phones and states from the host's act to the state's arrival
}

// stalled compares a crowd that reads with one of which every twentieth phone
// does not.
func stalled(ctx context.Context, b *bench) error {
	var all, most [2][]float64 // acks and states
	type contest struct {
		share int
		into  *[2][]float64
	}
	order := []contest{{0, &all}, {stalledShare, &most}}
	for range b.rounds {
		slices.Reverse(order)
		for _, c := range order {
			r, err := b.readersAmong(ctx, b.size(stalledPhones), c.share)
			if err != nil {
				return err
			}
			c.into[0] = append(c.into[0], r.acks)
			c.into[1] = append(c.into[1], r.states)
		}
	}
	name := fmt.Sprintf("%d phones, 5 %% do not read: ", b.size(stalledPhones))
	b.add(
		report.Compare("stalled", name+"acknowledgements, p99", "ms", most[0], "all read", all[0], report.AtMost(stalledGrowth)),
		report.Compare("stalled", name+"states, p99", "ms", most[1], "all read", all[1], report.AtMost(stalledGrowth)),
	)
	return nil
}

// readersAmong gathers a crowd, one in share of which reads nothing (0: all read),
// and measures the others.
func (b *bench) readersAmong(ctx context.Context, n, share int) (r readers, err error) {
	d, err := b.start(ctx, embedded)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, live)
	if err != nil {
		return r, err
	}
	tokens, err := s.join(ctx, n)
	if err != nil {
		return r, err
	}
	deaf := 0
	if share > 0 {
		deaf = n / share
	}
	l, err := load.NewLoop()
	if err != nil {
		return r, err
	}
	defer l.Close()
	if err := s.phones(ctx, l, tokens[deaf:]); err != nil {
		return r, err
	}
	still, err := load.NewLoop() // never asked to read
	if err != nil {
		return r, err
	}
	defer still.Close()
	for i, token := range tokens[:deaf] {
		fd, early, err := s.phone(ctx, token, i)
		if err == nil {
			err = errors.Join(load.Narrow(fd), still.Add(fd, load.NewSocket("deaf", s.activity, s.run), early))
		}
		if err != nil {
			return r, err
		}
		if i%64 == 63 {
			if err := l.Listen(time.Millisecond); err != nil {
				return r, err
			}
		}
	}
	if err := l.Listen(time.Second); err != nil {
		return r, err
	}
	// States first: they fill what the kernel holds for those that do not read.
	states, err := l.States(stalledStates, func(k int) error {
		return s.host(ctx, "PATCH", "", map[string]string{"title": fmt.Sprint("Benchmark ", k)}, nil)
	})
	if err != nil {
		return r, err
	}
	taps, err := l.Open(stalledRate, b.span(stalledTaps))
	if err != nil {
		return r, err
	}
	if err := taps.Clean(); err != nil {
		return r, err
	}
	ms := func(h *load.Histogram) float64 { return math.Max(h.Quantile(0.99).Seconds()*1000, 0.01) }
	return readers{acks: ms(&taps.Latency), states: ms(states)}, nil
}
