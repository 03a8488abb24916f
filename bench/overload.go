package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
)

const (
	overloadPhones = 1000
	overloadTimes  = 3                // the offered rate over the peak
	overloadBeyond = 6                // likewise, for what a core takes of a flood is more than the peak
	overloadSpan   = 10 * time.Second // of the flood
	overloadSettle = 2 * time.Minute  // for every phone's newest tap to be counted
	overloadTaps   = 8                // of a phone at once
	refusalLimit   = 50.0             // ms, p99
	memoryGrowth   = 256.0            // MB over the server's memory before the flood
)

// overload offers a server on one core three times the entries that it takes from
// phones which wait for their acknowledgements, and then six times. It takes more of
// a flood than of such phones: it writes several answers to a socket at once then.
func overload(ctx context.Context, b *bench) (err error) {
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, live)
	if err != nil {
		return err
	}
	l, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer l.Close()
	tokens, err := s.join(ctx, overloadPhones)
	if err != nil {
		return err
	}
	var phones []*load.Tapper
	for i, token := range tokens {
		fd, early, err := s.phone(ctx, token, i)
		if err != nil {
			return err
		}
		t := load.NewTapper(s.activity, s.run)
		if err := l.Add(fd, t, early); err != nil {
			return err
		}
		phones = append(phones, t)
	}
	if err := l.Listen(time.Second); err != nil {
		return err
	}
	// The rate that the core admits when everybody waits for each answer.
	var peak []float64
	for range b.rounds {
		rate, err := l.Peak(phones, overloadTaps, b.span(2*time.Second))
		if err != nil {
			return fmt.Errorf("the peak: %w", err)
		}
		peak = append(peak, rate)
	}
	before, err := d.RSS()
	if err != nil {
		return err
	}
	most := watchRSS(d.RSS)
	top := report.Of(peak).Median
	floods, err := b.floods(ctx, s, l, phones, top)
	highest, watched := most() // also where a flood failed: the watch has to end
	if err = errors.Join(err, watched); err != nil {
		return err
	}
	three, six := floods[0], floods[1]
	accepted := report.Compare("overload", fmt.Sprintf("accepted at %d times the peak", overloadTimes), "/s",
		[]float64{three.Rate()}, "closed-loop peak", []float64{top}, report.AtLeast(0.9))
	accepted.Note = floodNote(three)
	beyond := report.Compare("overload", fmt.Sprintf("accepted at %d times the peak", overloadBeyond), "/s",
		[]float64{six.Rate()}, fmt.Sprintf("at %d times", overloadTimes), []float64{three.Rate()}, report.AtLeast(0.9))
	beyond.Note = floodNote(six)
	settled := report.Amount("overload", "until every phone's newest tap was counted, once", "s",
		[]float64{max(three.Settled, six.Settled).Seconds()}, overloadSettle.Seconds(), false)
	settled.Note = fmt.Sprintf("%d taps sent again; the tallies agree with every phone", three.Retries+six.Retries)
	b.add(accepted, beyond,
		report.Amount("overload", fmt.Sprintf("refusals answered at %d times the peak, p99", overloadTimes), "ms", p99(&three.Refusals), refusalLimit, false),
		report.Compare("overload", fmt.Sprintf("refusals answered at %d times the peak, p99", overloadBeyond), "ms", p99(&six.Refusals),
			fmt.Sprintf("at %d times", overloadTimes), p99(&three.Refusals), nil),
		settled,
		report.Amount("overload", "memory beyond that before", "MB", []float64{math.Max(1, float64(highest-before)/(1<<20))}, memoryGrowth, false))
	return nil
}

// floods offers several times the peak, and looks each time whether all is counted
// in the end.
func (b *bench) floods(ctx context.Context, s *show, l *load.Loop, phones []*load.Tapper, peak float64) (all []*load.Flood, err error) {
	for _, times := range []float64{overloadTimes, overloadBeyond} {
		f, err := l.Flood(phones, times*peak, overloadTaps, b.span(overloadSpan), overloadSettle)
		if err != nil {
			return nil, err
		}
		if f.Failed > 0 {
			return nil, fmt.Errorf("%d answers were neither an acknowledgement nor a retry", f.Failed)
		}
		if err := s.checkTaps(ctx, phones); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func floodNote(f *load.Flood) string {
	return fmt.Sprintf("in %.1f s %d offered, %d accepted, %d refused, %d not sent since the connection was full; the generator's lag p50 %.1f ms, p99 %.1f ms; "+
		"acknowledged p50 %.0f ms, p99 %.0f ms", f.Took.Seconds(), f.Offered, f.Accepted, f.Refused, f.Skipped,
		f.Lag.Ms(0.5), f.Lag.Ms(0.99), f.Acks.Ms(0.5), f.Acks.Ms(0.99))
}

// checkTaps compares the tallies with what each phone tapped last.
func (s *show) checkTaps(ctx context.Context, phones []*load.Tapper) error {
	want := make([]int, 4)
	for i, t := range phones {
		want[t.Choice()]++
		if t.Counted() != 1 {
			return fmt.Errorf("phone %d was told %d times that its first entry counts", i, t.Counted())
		}
	}
	var e struct {
		Activities []struct {
			Entries int
			Counts  []int
		}
	}
	if err := s.host(ctx, "GET", "", nil, &e); err != nil {
		return err
	}
	a := e.Activities[0]
	if a.Entries != len(phones) || fmt.Sprint(a.Counts) != fmt.Sprint(want) {
		return fmt.Errorf("%d entries, counts %v; %d phones tapped %v", a.Entries, a.Counts, len(phones), want)
	}
	return nil
}

// watchRSS follows a process's memory until the function that it returns is
// called, which tells the most.
func watchRSS(rss func() (int64, error)) func() (int64, error) {
	var most int64
	var fault error
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for fault == nil {
			var now int64
			now, fault = rss()
			most = max(most, now)
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return sync.OnceValues(func() (int64, error) {
		close(stop)
		<-done
		return most, fault
	})
}
