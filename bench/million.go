package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

const (
	million      = 1_000_000
	entrantConns = 64
)

// raffle has a million participants join and enter one raffle over the API. Then it
// measures what it takes to read the log again, to freeze the list and to draw.
func raffle(ctx context.Context, b *bench) (err error) {
	n := b.size(million)
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.event(ctx)
	if err != nil {
		return err
	}
	if err := s.open(ctx, contract.RaffleSpec{Kind: contract.KindRaffle, Title: "A keyboard"}); err != nil {
		return err
	}
	entered, took, err := s.enterAll(ctx, n)
	if err != nil {
		return err
	}
	b.add(report.Figure("million", fmt.Sprintf("%d participants joined and entered", entered), "/s", float64(entered)/took.Seconds()))

	var folds []float64
	var idle, folded int64
	for range b.rounds {
		if err := d.Process.Stop(); err != nil {
			return err
		}
		if err := d.serve(ctx, b); err != nil {
			return err
		}
		if idle, err = d.heap(ctx); err != nil {
			return err
		}
		s.Server = "http://" + d.addr // a restart may choose another port
		fold, err := s.fold(ctx, d, entered)
		if err != nil {
			return err
		}
		folds = append(folds, fold.Seconds())
		if folded, err = d.heap(ctx); err != nil {
			return err
		}
	}
	list, err := s.freeze(ctx, d, entered)
	if err != nil {
		return err
	}
	frozen, err := d.heap(ctx)
	if err != nil {
		return err
	}
	var draws []float64
	for range b.rounds { // each picks the next winner
		start := time.Now()
		if err := s.command(ctx, "draw"); err != nil {
			return err
		}
		draws = append(draws, time.Since(start).Seconds()*1000)
	}
	rss, err := d.RSS()
	if err != nil {
		return err
	}
	share := float64(entered) / million // -quick reduces entrants and budgets
	b.add(
		report.Amount("million", "memory, the frozen list included", "MB", millionMB*share, float64(frozen-idle)/1e6).
			With(fmt.Sprintf("%.0f MB before the close; resident memory is %.0f MB", float64(folded-idle)/1e6, float64(rss)/1e6)),
		report.Amount("million", "read and folded by a server that starts", "s CPU", millionFoldSeconds*share, folds...),
		report.Amount("million", "list frozen, from the host's close", "s CPU", millionListSeconds*share, list.Seconds()),
		report.Amount("million", "draw, as the host waits for it", "ms", drawMs, draws...))
	return nil
}

// enterAll has n participants or a few more join and enter, and returns how many did.
func (s *show) enterAll(ctx context.Context, n int) (entered int, took time.Duration, err error) {
	l, err := load.NewLoop()
	if err != nil {
		return 0, 0, err
	}
	defer l.Close()
	entrants := make([]*load.Entrant, entrantConns)
	for i := range entrants {
		entrants[i] = load.NewEntrant(s.addr, s.Code, s.activity, s.run)
		fd, err := load.Dial(s.addr, i)
		if err != nil {
			return 0, 0, err
		}
		if err := l.Add(fd, entrants[i], nil); err != nil {
			return 0, 0, err
		}
	}
	start := time.Now()
	for entered < n {
		// One request to join, one to enter; those that join last enter in the next round.
		r, err := l.Times(min(max(2*(n-entered), entrantConns), 10_000))
		if err != nil {
			return 0, 0, err
		}
		if r.Failed+r.Unanswered > 0 {
			return 0, 0, fmt.Errorf("entering: %w", r.Check())
		}
		if r.Refused > 0 {
			err = pause(ctx, 200*time.Millisecond)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, 0, err
		}
		entered = 0
		for _, e := range entrants {
			entered += e.Entered
		}
	}
	return entered, time.Since(start), nil
}

// fold is the CPU time that a server takes which is asked about the event for the
// first time since its start.
func (s *show) fold(ctx context.Context, d *drumroll, want int) (time.Duration, error) {
	before, err := d.CPU()
	if err != nil {
		return 0, err
	}
	e, err := s.Get(ctx)
	if err != nil {
		return 0, err
	}
	after, err := d.CPU()
	if err == nil && e.Activities[0].Entries != want {
		err = fmt.Errorf("the server counts %d entries, acknowledged were %d", e.Activities[0].Entries, want)
	}
	return after - before, err
}

// freeze closes the raffle, waits for the root of its list and returns the server's
// CPU time.
func (s *show) freeze(ctx context.Context, d *drumroll, want int) (time.Duration, error) {
	before, err := d.CPU()
	if err != nil {
		return 0, err
	}
	if err := s.command(ctx, "close"); err != nil {
		return 0, err
	}
	for {
		var list contract.Freezes
		if err := s.Call(ctx, http.MethodGet, "/freezes", nil, &list); err != nil {
			return 0, err
		}
		if len(list.Freezes) == 1 && list.Freezes[0].Freeze != nil {
			if size := list.Freezes[0].Size; size != want {
				return 0, fmt.Errorf("%d of %d entrants are on the list", size, want)
			}
			after, err := d.CPU()
			return after - before, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
}
