package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

const (
	tickEvents  = 10 // so that ticks stand out from what else a server does
	tickRaffles = 3
	tickWinners = 1000
	tickSpan    = 3 * time.Second
	tickEvery   = 125 * time.Millisecond // a vote, and so a tick for each audience
)

// ticks measures what a tick costs for each audience after raffles with many winners:
// the difference between votes that projector and host follow, and votes that only
// phones follow. A small event, with nothing drawn, is measured for comparison.
func ticks(ctx context.Context, b *bench) error {
	small, _, err := b.tickCost(ctx, 0)
	if err != nil {
		return err
	}
	large, length, err := b.tickCost(ctx, tickRaffles)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("after %d raffles of %d winners: ", tickRaffles, tickWinners)
	b.add(
		report.Amount("ticks", name+"CPU a tick and audience", "µs", tickMicros, large...).
			With(fmt.Sprintf("%.1f µs where nothing has been drawn; writing to one socket is included", report.StatOf(small).Median)),
		report.Amount("ticks", name+"a tick", "bytes", tickBytes, float64(length)))
	return nil
}

// tickCost is the CPU time of a tick for one audience in µs, per round, and the
// length of the longest tick.
func (b *bench) tickCost(ctx context.Context, raffles int) (micros []float64, length int, err error) {
	d, err := b.start(ctx, always) // so that no fsync is in the server's CPU time
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	l, err := load.NewLoop()
	if err != nil {
		return nil, 0, err
	}
	defer l.Close()
	var shows []*show
	for range tickEvents {
		s, err := d.event(ctx)
		if err != nil {
			return nil, 0, err
		}
		for range raffles {
			if err := s.drawMany(ctx); err != nil {
				return nil, 0, err
			}
		}
		err = s.open(ctx, contract.PollSpec{Kind: contract.KindPoll, Title: "Tabs or spaces?", Options: []string{"Tabs", "Spaces"}})
		if err == nil {
			err = s.phones(ctx, l, 1)
		}
		if err != nil {
			return nil, 0, err
		}
		shows = append(shows, s)
	}
	for range b.rounds {
		alone, err := b.voteCost(ctx, d, l)
		if err != nil {
			return nil, 0, err
		}
		followed, f, err := b.followedCost(ctx, d, l, shows)
		if err != nil {
			return nil, 0, err
		}
		micros, length = append(micros, (followed-alone).Seconds()*1e6/float64(f.ticks)), f.length
	}
	return micros, length, nil
}

// followedCost is the cost of votes while a projector and a host follow each event.
func (b *bench) followedCost(ctx context.Context, d *drumroll, l *load.Loop, shows []*show) (time.Duration, *follower, error) {
	f := &follower{}
	followers, err := load.NewLoop()
	if err != nil {
		return 0, nil, err
	}
	defer followers.Close()
	for _, s := range shows {
		err := errors.Join(s.connect(ctx, followers, "screen", "", 0, f), s.connect(ctx, followers, "host", s.Bearer, 0, f))
		if err != nil {
			return 0, nil, err
		}
	}
	if err := followers.Listen(100 * time.Millisecond); err != nil {
		return 0, nil, err
	}
	f.ticks = 0
	cost, err := b.voteCost(ctx, d, l)
	if err != nil {
		return 0, nil, err
	}
	return cost, f, followers.Listen(100 * time.Millisecond) // the sockets hold what came in the meantime
}

// follower is the wire of projectors and hosts: it counts ticks.
type follower struct{ ticks, length int }

func (*follower) Next() []byte { return nil }

func (f *follower) Split(data []byte) (int, load.Kind) {
	n, kind := (*load.Socket)(nil).Split(data)
	if kind == load.Broadcast {
		f.ticks++
		f.length = max(f.length, n)
	}
	return n, kind
}

// drawMany makes a raffle of many entrants, all of whom win.
func (s *show) drawMany(ctx context.Context) error {
	if err := s.open(ctx, contract.RaffleSpec{Kind: contract.KindRaffle, Title: "Stickers", Winners: tickWinners, Again: true}); err != nil {
		return err
	}
	if _, _, err := s.enterAll(ctx, tickWinners); err != nil {
		return err
	}
	return errors.Join(s.command(ctx, "close"), s.command(ctx, "draw"))
}

// voteCost has the phone of each event vote again and again for a while, and returns
// the server's CPU time.
func (b *bench) voteCost(ctx context.Context, d *drumroll, l *load.Loop) (time.Duration, error) {
	if err := l.Listen(time.Second); err != nil {
		return 0, err
	}
	before, err := d.CPU()
	if err != nil {
		return 0, err
	}
	for range b.span(tickSpan) / tickEvery {
		for i := range tickEvents {
			if err := l.Send(i); err != nil {
				return 0, err
			}
		}
		if err := errors.Join(l.Listen(tickEvery), ctx.Err()); err != nil {
			return 0, err
		}
	}
	after, err := d.CPU()
	return after - before, err
}
