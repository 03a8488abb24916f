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
	stalledRate   = 1000.0
	stalledGrowth = 1.2 // of the others' p99
	// Within the time after which those that do not read are cut: it is before that
	// that they could be in the way.
	stalledTaps   = 5 * time.Second
	stalledStates = 16               // the kernel holds some twelve for a phone that does not read
	stalledCut    = 20 * time.Second // for the server to cut those that do not read
)

// readers is what the phones that read saw, over all rounds.
type readers struct {
	share  int            // one in so many does not read; 0: all do
	acks   load.Histogram // of taps at a steady rate
	states load.Histogram // over phones and states, from the host's act to the state's arrival
	rounds []float64      // ms, the acks' p99 in each
}

// stalled compares a crowd that reads with one of which every twentieth phone
// does not. A hundredth of one round's taps is a few moments of a machine that does
// something else: the quantile is that of all rounds together.
func stalled(ctx context.Context, b *bench) error {
	all, most := &readers{}, &readers{share: stalledShare}
	order := []*readers{all, most}
	for range b.rounds {
		slices.Reverse(order)
		for _, r := range order {
			if err := r.round(ctx, b); err != nil {
				return err
			}
		}
	}
	name := fmt.Sprintf("%d phones, 5 %% do not read: ", b.size(stalledPhones))
	acks := report.Compare("stalled", name+"acknowledgements, p99", "ms", p99(&most.acks), "all read", p99(&all.acks), report.AtMost(stalledGrowth))
	acks.Note = fmt.Sprintf("%d taps; rounds' p99 %.1f ms against %.1f", most.acks.Count(), most.rounds, all.rounds)
	b.add(acks, report.Compare("stalled", name+"states, p99", "ms", p99(&most.states), "all read", p99(&all.states), report.AtMost(stalledGrowth)))
	return nil
}

// p99 is in ms, and above 0, so that something can be divided by it.
func p99(h *load.Histogram) []float64 { return []float64{math.Max(h.Ms(0.99), 0.01)} }

// round gathers a crowd and measures those that read.
func (r *readers) round(ctx context.Context, b *bench) (err error) {
	n := b.size(stalledPhones)
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, live)
	if err != nil {
		return err
	}
	tokens, err := s.join(ctx, n)
	if err != nil {
		return err
	}
	deaf := 0
	if r.share > 0 {
		deaf = n / r.share
	}
	l, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := s.phones(ctx, l, tokens[deaf:]); err != nil {
		return err
	}
	still, err := load.NewLoop() // never asked to read
	if err != nil {
		return err
	}
	defer still.Close()
	for i, token := range tokens[:deaf] {
		fd, early, err := s.phone(ctx, token, i)
		if err == nil {
			err = errors.Join(load.Narrow(fd), still.Add(fd, load.NewSocket("deaf", s.activity, s.run), early))
		}
		if err != nil {
			return err
		}
		if i%64 == 63 {
			if err := l.Listen(time.Millisecond); err != nil {
				return err
			}
		}
	}
	if err := l.Listen(time.Second); err != nil {
		return err
	}
	// States first: they fill what the kernel holds for those that do not read.
	states, err := l.States(stalledStates, func(k int) error {
		return s.host(ctx, "PATCH", "", map[string]string{"title": fmt.Sprint("Benchmark ", k)}, nil)
	})
	if err != nil {
		return err
	}
	taps, err := l.Open(stalledRate, b.span(stalledTaps))
	if err != nil {
		return err
	}
	if err := taps.Clean(); err != nil {
		return err
	}
	r.acks.Merge(&taps.Latency)
	r.states.Merge(states)
	r.rounds = append(r.rounds, p99(&taps.Latency)...)
	here, err := s.connected(ctx)
	if err != nil {
		return err
	}
	if here != n {
		return fmt.Errorf("%d phones were connected while it was measured, not %d", here, n)
	}
	if deaf == 0 || len(r.rounds) > 1 {
		return nil
	}
	// They were as deaf as was meant if the server cuts them all, and nobody else.
	for begin := time.Now(); ; {
		if err := l.Listen(500 * time.Millisecond); err != nil {
			return err
		}
		here, err := s.connected(ctx)
		if err != nil {
			return err
		}
		if here == n-deaf {
			return nil
		}
		if here < n-deaf || time.Since(begin) > stalledCut {
			return fmt.Errorf("%d phones are connected when %d of %d should have been cut", here, deaf, n)
		}
	}
}
