package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"drumroll/bench/load"
	"drumroll/bench/report"
)

const (
	tapPhones = 10_000
	tapRate   = 100.0 // a second
	tapRound  = 300   // taps a round
	// One tick and what a tap's way may take beside it.
	tapBudget = 250 // ms
)

// screen is the wire of a projector: it sees how many entries there are.
type screen struct {
	entries int
	moved   func(entries int)
}

func (*screen) Next() []byte { return nil }

var entriesMember = []byte(`"entries":`)

func (s *screen) Split(data []byte) (int, load.Kind) {
	n, _, payload := load.Frame(data)
	if n > 0 && bytes.HasPrefix(payload, []byte(`{"t":"tick"`)) {
		if _, rest, ok := bytes.Cut(payload, entriesMember); ok {
			end := bytes.IndexAny(rest, ",}")
			if v, err := strconv.Atoi(string(rest[:max(end, 0)])); err == nil && v != s.entries {
				s.entries = v
				if s.moved != nil {
					s.moved(v)
				}
			}
		}
	}
	return n, load.Aside
}

// tapped is what came of taps.
type tapped struct {
	Taps int
	P50  time.Duration
	P99  time.Duration
	Max  time.Duration
	Lag  time.Duration // the generator's own, p99
}

// tap has one phone after the other vote for the first time, at a rate, and
// measures until the projector counts so many: the k-th vote is on the screen
// when it shows k more.
func (c *crowd) tap(ctx context.Context, o order) (*tapped, error) {
	if c.first+o.Rounds > c.n {
		return nil, fmt.Errorf("only %d phones have not voted", c.n-c.first)
	}
	if c.screen == nil {
		c.screen = &screen{}
		fd, err := load.Dial(c.show.d.Addr, 0)
		if err != nil {
			return nil, err
		}
		early, err := load.Handshake(fd, c.show.d.Addr, "/"+c.show.Code+"/ws?view=screen", "Sec-WebSocket-Protocol: drumroll.v1\r\n")
		if err == nil {
			err = c.loop.Add(fd, c.screen, early)
		}
		if err != nil {
			return nil, errors.Join(err, unix.Close(fd))
		}
		if err := c.loop.Listen(time.Second); err != nil {
			return nil, err
		}
	}
	var latency, lag load.Histogram
	start := time.Now()
	due := func(k int) time.Duration { return time.Duration(float64(k) / o.Rate * float64(time.Second)) }
	base, seen := c.first, 0
	c.screen.moved = func(entries int) {
		for now := time.Since(start); seen < entries-base && seen < o.Rounds; seen++ {
			latency.Add(now - due(seen))
		}
	}
	defer func() { c.screen.moved = nil }()
	for k := range o.Rounds {
		if err := c.loop.Listen(due(k) - time.Since(start)); err != nil {
			return nil, err
		}
		lag.Add(time.Since(start) - due(k))
		if err := c.loop.Send(c.first); err != nil {
			return nil, err
		}
		c.first++
	}
	for limit := time.Now().Add(10 * time.Second); seen < o.Rounds; {
		if err := errors.Join(c.loop.Listen(20*time.Millisecond), ctx.Err()); err != nil {
			return nil, err
		}
		if time.Now().After(limit) {
			return nil, fmt.Errorf("the screen shows %d of %d taps", seen, o.Rounds)
		}
	}
	return &tapped{Taps: o.Rounds, P50: latency.Quantile(0.5), P99: latency.Quantile(0.99), Max: latency.Max(), Lag: lag.Quantile(0.99)}, nil
}

// taps measures from a phone's tap to the projector's counter, with a tenth of
// the phones and with all.
func taps(ctx context.Context, b *bench) error {
	few, err := b.tapsWith(ctx, b.size(tapPhones)/10)
	if err != nil {
		return err
	}
	many, err := b.tapsWith(ctx, b.size(tapPhones))
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%d phones: ", b.size(tapPhones))
	row := report.Amount("taps", name+"tap to screen, p99", "ms", many.p99, tapBudget, false)
	row.Note = fmt.Sprintf("median %.0f ms; the generator's own lag, p99: %.1f ms", report.Of(many.p50).Median, report.Of(many.lag).Median)
	b.add(row, report.Compare("taps", name+"p99 as with a tenth of them", "ms", many.p99, "a tenth", few.p99, nil))
	return nil
}

type tapRounds struct{ p50, p99, lag []float64 }

func (b *bench) tapsWith(ctx context.Context, n int) (r tapRounds, err error) {
	g, err := b.drumrollCrowd(ctx, embedded, n)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.end()) }()
	each := min(tapRound, n/(b.rounds+1))
	for range b.rounds {
		var t tapped
		if err := g.order(ctx, order{Do: "tap", Rounds: each, Rate: tapRate}, &t); err != nil {
			return r, err
		}
		r.p50 = append(r.p50, t.P50.Seconds()*1000)
		r.p99 = append(r.p99, t.P99.Seconds()*1000)
		r.lag = append(r.lag, t.Lag.Seconds()*1000)
	}
	return r, nil
}
