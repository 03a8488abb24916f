package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
)

const (
	everybodyConns  = 64
	everybodyMemory = 400.0 // MB of resident memory for a million that entered, garbage included
)

// everybody has a million participants, each with a token of their own, join and
// enter one raffle over the API, and draws from all of them.
func everybody(ctx context.Context, b *bench) (err error) {
	n := b.size(million)
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.show(ctx, map[string]any{"kind": "raffle", "title": "A keyboard", "winners": 3})
	if err != nil {
		return err
	}
	l, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer l.Close()
	var entrants []*load.Entrant
	for i := range everybodyConns {
		fd, err := load.Dial(d.Addr, i)
		if err != nil {
			return err
		}
		e := load.NewEntrant(d.Addr, s.Code, s.activity, s.run)
		if err := l.Add(fd, e, nil); err != nil {
			return err
		}
		entrants = append(entrants, e)
	}
	before, err := d.RSS()
	if err != nil {
		return err
	}
	used, err := d.CPU()
	if err != nil {
		return err
	}
	most := watchRSS(d.RSS)
	r, err := l.Enter(entrants, n)
	highest, watched := most()
	if err := errors.Join(err, watched); err != nil {
		return err
	}
	now, err := d.CPU()
	if err != nil {
		return err
	}
	acknowledged := 0
	for _, e := range entrants {
		acknowledged += e.Entered
	}
	drawn, took, err := s.drawFromAll(ctx)
	if err != nil {
		return err
	}
	counted, err := s.entries(ctx)
	if err != nil {
		return err
	}
	if acknowledged != n || counted != n || drawn != n {
		return fmt.Errorf("%d participants: %d acknowledged, %d counted, drawn from %d", n, acknowledged, counted, drawn)
	}
	size, err := folder(d.data)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%d participants: ", n)
	share := float64(n) / million
	memory := report.Amount("everybody", name+"memory", "MB", []float64{float64(highest-before) / 1e6}, everybodyMemory*max(share, 0.25), false)
	memory.Note = fmt.Sprintf("%d acknowledged, %d counted, drawn from %d; the log holds %.1f MB, %.1f bytes a participant", acknowledged, counted, drawn,
		float64(size)/1e6, float64(size)/float64(n))
	rate := report.Compare("everybody", name+"joined and entered", "/s", []float64{float64(n) / r.Took.Seconds()}, "", nil, nil)
	rate.Note = fmt.Sprintf("in %v, %.1f µs of the server's CPU each; %d requests refused and sent again; answered p50 %v, p99 %v; listed and drawn in %v",
		r.Took.Round(time.Second), (now-used).Seconds()*1e6/float64(n), r.Refused, r.Latency.Quantile(0.5).Round(time.Microsecond),
		r.Latency.Quantile(0.99).Round(time.Microsecond), took.Round(time.Millisecond))
	b.add(rate, memory)
	return nil
}

// drawFromAll closes the raffle, waits for its list and draws; it returns how many
// the draw was from.
func (s *show) drawFromAll(ctx context.Context) (n int, took time.Duration, err error) {
	verb := fmt.Sprintf("/activities/%d/", s.activity)
	start := time.Now()
	if err := s.host(ctx, "POST", verb+"close", nil, nil); err != nil {
		return 0, 0, err
	}
	if err := s.host(ctx, "POST", verb+"draw", nil, nil); err != nil {
		return 0, 0, err
	}
	var draw struct{ Size int }
	if err := s.host(ctx, "GET", "/draws/1", nil, &draw); err != nil {
		return 0, 0, err
	}
	return draw.Size, time.Since(start), nil
}

// entries is how many entries the event's only activity has.
func (s *show) entries(ctx context.Context) (int, error) {
	var e struct{ Activities []struct{ Entries int } }
	if err := s.host(ctx, "GET", "", nil, &e); err != nil {
		return 0, err
	}
	if len(e.Activities) != 1 {
		return 0, fmt.Errorf("%d activities", len(e.Activities))
	}
	return e.Activities[0].Entries, nil
}
