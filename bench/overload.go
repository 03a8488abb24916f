package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

const (
	overloadPhones = 10_000
	overloadTimes  = 3 // the offered rate over the peak
	overloadSpan   = 10 * time.Second
)

// overload offers a server on one core three times the entries that it takes from
// phones which tap again at each answer. Each phone has one tap under way.
func overload(ctx context.Context, b *bench) (err error) {
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, contract.Live)
	if err != nil {
		return err
	}
	l, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := s.phones(ctx, l, b.size(overloadPhones)); err != nil {
		return err
	}
	if err := l.Listen(time.Second); err != nil {
		return err
	}
	var peaks []float64
	for range b.rounds {
		r, err := l.Closed(b.span(2 * time.Second))
		if err != nil {
			return fmt.Errorf("the peak: %w", err)
		}
		peaks = append(peaks, r.Rate())
	}
	peak := report.StatOf(peaks).Median
	before, err := d.RSS()
	if err != nil {
		return err
	}
	stop := watchMemory(d.RSS)
	f, err := l.Flood(overloadTimes*peak, b.span(overloadSpan))
	highest, watchErr := stop()
	if err = errors.Join(err, watchErr); err != nil {
		return err
	}
	if f.Failed+f.Unanswered > 0 {
		return fmt.Errorf("%d taps failed, %d were not answered", f.Failed, f.Unanswered)
	}
	b.add(
		report.Compare("overload", fmt.Sprintf("accepted at %d times the peak", overloadTimes), "/s",
			[]float64{f.Rate()}, "peak", []float64{peak}, report.AtLeast(overloadAccepted)).
			With(fmt.Sprintf("%d taps offered in %.1f s, %d sent, the others left out by phones that waited for an answer; %d accepted, %d refused; the generator's lag, p99: %.1f ms",
				f.Offered, f.Took.Seconds(), f.Sent, f.Accepted, f.Refused, f.Lag.Ms(99))),
		report.Amount("overload", "refusals answered, p99", "ms", overloadRefusalMs, f.Refusals.Ms(99)),
		report.Amount("overload", "memory beyond that before", "MB", overloadMB, float64(highest-before)/(1<<20)))
	return nil
}

// watchMemory follows a process's memory until the function that it returns is
// called, which returns the highest value in bytes.
func watchMemory(rss func() (int64, error)) func() (int64, error) {
	var highest int64
	var err error
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for err == nil {
			var now int64
			now, err = rss()
			highest = max(highest, now)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	return func() (int64, error) {
		close(stop)
		watch.Wait()
		return highest, err
	}
}
