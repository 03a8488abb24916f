package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

const (
	tapPhones = 10_000
	tapRate   = 100.0 // a second
	tapsRound = 300   // taps a round
)

// projector is the wire of a screen: it reads how many entries the poll has.
type projector struct{ entries int }

func (*projector) Next() []byte { return nil }

var entriesMember = []byte(`"entries":`)

func (p *projector) Split(data []byte) (int, load.Kind) {
	n, _, payload := load.Frame(data)
	if n == 0 || !bytes.HasPrefix(payload, []byte(`{"t":"tick"`)) {
		return n, load.Other
	}
	if _, rest, ok := bytes.Cut(payload, entriesMember); ok {
		end := max(bytes.IndexAny(rest, ",}"), 0)
		if entries, err := strconv.Atoi(string(rest[:end])); err == nil {
			p.entries = entries
		}
	}
	return n, load.Broadcast
}

// taps measures from a phone's tap to the projector's counter.
func taps(ctx context.Context, b *bench) (err error) {
	n := b.size(tapPhones)
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
	if err := s.phones(ctx, l, n); err != nil {
		return err
	}
	screen := &projector{}
	if err := s.connect(ctx, l, "screen", "", 0, screen); err != nil {
		return err
	}
	each := min(tapsRound, n/b.rounds)
	var p50, p99, lag []float64
	for round := range b.rounds {
		latency, late, err := tapRound(ctx, l, screen, round*each, each)
		if err != nil {
			return err
		}
		p50, p99, lag = append(p50, latency.Ms(50)), append(p99, latency.Ms(99)), append(lag, late.Ms(99))
	}
	b.add(report.Amount("taps", fmt.Sprintf("%d phones: tap to screen, p99", n), "ms", tapToScreenMs, p99...).
		With(fmt.Sprintf("median %.0f ms; the generator's lag, p99: %.1f ms", report.StatOf(p50).Median, report.StatOf(lag).Median)))
	return nil
}

// tapRound has phones that have not voted vote one after the other, at a rate. The
// k-th vote is on the screen as soon as the screen counts k more. Latency counts from
// when a tap was due.
func tapRound(ctx context.Context, l *load.Loop, screen *projector, first, n int) (latency, lag *load.Latency, err error) {
	latency, lag = load.NewLatency(), load.NewLatency()
	if err := l.Listen(time.Second); err != nil {
		return nil, nil, err
	}
	start := time.Now()
	due := func(k int) time.Duration { return time.Duration(float64(k) / tapRate * float64(time.Second)) }
	limit := due(n) + 10*time.Second
	for sent, seen := 0, 0; seen < n; {
		now := time.Since(start)
		for ; seen < screen.entries-first; seen++ {
			latency.Add(now - due(seen))
		}
		wait := 2 * time.Millisecond
		switch {
		case now > limit:
			return nil, nil, fmt.Errorf("the screen shows %d of %d taps", seen, n)
		case sent < n && due(sent) <= now:
			lag.Add(now - due(sent))
			if err := l.Send(first + sent); err != nil {
				return nil, nil, err
			}
			sent++
			continue
		case sent < n:
			wait = min(wait, due(sent)-now)
		}
		if err := errors.Join(l.Listen(wait), ctx.Err()); err != nil {
			return nil, nil, err
		}
	}
	return latency, lag, nil
}
