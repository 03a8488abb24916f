package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/proc"
	"drumroll/bench/report"
)

const (
	httpConns = 256
	// Participants a connection speaks for in turn, so that nobody is beyond a
	// participant's own limit.
	httpEach    = 8
	socketConns = 1000
	loadSpan    = 1600 * time.Millisecond // one contestant in one round
	halfSpan    = 1200 * time.Millisecond // likewise, at half the peak rate
)

// contestant is one server under the load of entries.
type contestant struct {
	name    string
	process *proc.Process
	redis   *proc.Redis // its database, or nil
	loop    *load.Loop
	stop    func() error

	rate, cpu, redisCPU, both []float64 // per round: entries a second; µs an entry
	p99                       []float64 // ms at half the peak rate
}

func (c *contestant) end() error {
	if c.loop != nil {
		c.loop.Close()
	}
	return c.stop()
}

func endAll(all []*contestant) (err error) {
	for _, c := range all {
		err = errors.Join(err, c.end())
	}
	return err
}

// used is the CPU time of the server and of its Redis so far.
func (c *contestant) used() (server, redis time.Duration, err error) {
	if server, err = c.process.CPU(); err != nil || c.redis == nil {
		return server, 0, err
	}
	redis, err = c.redis.CPU()
	return server, redis, err
}

// ours makes Drumroll a contestant; connect gives it connections that enter.
func (b *bench) ours(ctx context.Context, store string, connect func(context.Context, *show, *load.Loop) error) (c *contestant, err error) {
	d, err := b.start(ctx, store)
	if err != nil {
		return nil, err
	}
	c = &contestant{name: store, process: d.Process, redis: d.redis, stop: d.stop}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.end())
		}
	}()
	s, err := d.poll(ctx)
	if err != nil {
		return nil, err
	}
	if c.loop, err = load.NewLoop(); err != nil {
		return nil, err
	}
	return c, connect(ctx, s, c.loop)
}

// against makes a baseline a contestant.
func (b *bench) against(ctx context.Context, name, baseline, fsync string, connect func(addr string, l *load.Loop) error) (c *contestant, err error) {
	c = &contestant{name: name, stop: func() error {
		err := c.process.Stop()
		if c.redis != nil {
			err = errors.Join(err, c.redis.Stop())
		}
		return err
	}}
	args := []string{"baseline", "-name", baseline}
	if fsync != "" {
		dir, err := scratch(b.dir)
		if err != nil {
			return nil, err
		}
		if c.redis, err = proc.StartRedis(ctx, b.rest, dir, fsync); err != nil {
			return nil, err
		}
		args = append(args, "-redis", c.redis.Addr)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.end())
		}
	}()
	if c.process, err = proc.Start(name, b.core, b.self, args...); err != nil {
		return nil, err
	}
	addr, err := c.process.Ready(ctx, "listening on ")
	if err != nil {
		return nil, err
	}
	if c.loop, err = load.NewLoop(); err != nil {
		return nil, err
	}
	return c, connect(addr, c.loop)
}

// contest loads all contestants alternately, in every second round from the last
// to the first, and fills in their figures.
func (b *bench) contest(ctx context.Context, all []*contestant) error {
	warm := b.span(time.Second)
	for _, c := range all {
		if _, err := c.loop.Closed(warm); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := range b.rounds {
		for _, c := range turn(all, round) {
			if err := c.peak(b.span(loadSpan)); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	for round := range b.rounds {
		for _, c := range turn(all, round) {
			r, err := c.loop.Open(report.Of(c.rate).Median/2, b.span(halfSpan))
			if err == nil {
				err = r.Clean()
			}
			if err != nil {
				return fmt.Errorf("%s at half its peak: %w", c.name, err)
			}
			c.p99 = append(c.p99, r.Latency.Quantile(0.99).Seconds()*1000)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

func turn(all []*contestant, round int) []*contestant {
	order := slices.Clone(all)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// peak is one round as fast as it goes.
func (c *contestant) peak(d time.Duration) error {
	server0, redis0, err := c.used()
	if err != nil {
		return err
	}
	r, err := c.loop.Closed(d)
	if err != nil {
		return err
	}
	server1, redis1, err := c.used()
	if err != nil {
		return err
	}
	if err := r.Clean(); err != nil {
		return err
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(r.Accepted) }
	c.rate = append(c.rate, r.Rate())
	c.cpu = append(c.cpu, each(server1-server0))
	c.redisCPU = append(c.redisCPU, each(redis1-redis0))
	c.both = append(c.both, each(server1-server0+redis1-redis0))
	return nil
}

// httpEntries compares entries over HTTP.
func httpEntries(ctx context.Context, b *bench) (err error) {
	var all []*contestant
	defer func() { err = errors.Join(err, endAll(all)) }()
	connect := func(addr, code string, activity, run int, tokens []string, l *load.Loop) error {
		for i := range httpConns {
			fd, err := load.Dial(addr, i)
			if err != nil {
				return err
			}
			if err := l.Add(fd, load.NewEntries(addr, code, activity, run, tokens[i*httpEach:][:httpEach]), nil); err != nil {
				return err
			}
		}
		return nil
	}
	// Tokens of the same form for those that do not look at them.
	strangers := make([]string, httpConns*httpEach)
	for i := range strangers {
		strangers[i] = fmt.Sprintf("%032d", i)
	}
	plain := func(addr string, l *load.Loop) error { return connect(addr, "ABCDEF", 1, 1, strangers, l) }
	for _, base := range []struct{ name, baseline, fsync string }{
		{"no-op", "noop", ""}, {"synchronous everysec", "synchronous", "everysec"}, {"synchronous always", "synchronous", "always"},
	} {
		c, err := b.against(ctx, base.name, base.baseline, base.fsync, plain)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	for _, store := range []string{embedded, everysec, always} {
		c, err := b.ours(ctx, store, func(ctx context.Context, s *show, l *load.Loop) error {
			tokens, err := s.join(ctx, len(strangers))
			if err != nil {
				return err
			}
			return connect(s.d.Addr, s.Code, s.activity, s.run, tokens, l)
		})
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if err := b.contest(ctx, all); err != nil {
		return err
	}
	noop, sync := all[0], map[string]*contestant{everysec: all[1], always: all[2], embedded: all[2]}
	for _, c := range all[3:] {
		budget := 1.25
		if c.name == embedded {
			budget = 1.75
		}
		b.add(
			report.Compare("http", c.name+": server CPU an entry", "µs", c.cpu, noop.name, noop.cpu, report.AtMost(budget)),
			report.Compare("http", c.name+": CPU with Redis", "µs", c.both, sync[c.name].name, sync[c.name].both, report.AtMost(0.25)),
			report.Compare("http", c.name+": rate", "/s", c.rate, sync[c.name].name, sync[c.name].rate, nil),
			report.Compare("http", c.name+": p99 at half its peak", "ms", c.p99, sync[c.name].name, sync[c.name].p99, nil),
		)
		if c.redis != nil {
			b.add(report.Compare("http", c.name+": Redis CPU an entry", "µs", c.redisCPU, sync[c.name].name, sync[c.name].redisCPU, nil))
		}
	}
	return nil
}

// socketEntries compares entries over websockets.
func socketEntries(ctx context.Context, b *bench) (err error) {
	var all []*contestant
	defer func() { err = errors.Join(err, endAll(all)) }()
	conns := b.size(socketConns)
	c, err := b.against(ctx, "echo", "echo", "", func(addr string, l *load.Loop) error {
		for i := range conns {
			fd, err := load.Dial(addr, i)
			if err != nil {
				return err
			}
			if err := l.Add(fd, &load.Echo{Bytes: load.NewSocket("p100", 1, 1).Next()}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all = append(all, c)
	for _, store := range []string{embedded, everysec, always} {
		c, err := b.ours(ctx, store, func(ctx context.Context, s *show, l *load.Loop) error {
			tokens, err := s.join(ctx, conns)
			if err != nil {
				return err
			}
			return s.phones(ctx, l, tokens)
		})
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if err := b.contest(ctx, all); err != nil {
		return err
	}
	echo := all[0]
	for _, c := range all[1:] {
		b.add(
			report.Compare("ws", c.name+": server CPU an entry", "µs", c.cpu, echo.name, echo.cpu, report.Softly(1.2)),
			report.Compare("ws", c.name+": rate", "/s", c.rate, echo.name, echo.rate, nil),
			report.Compare("ws", c.name+": p99 at half its peak", "ms", c.p99, echo.name, echo.p99, nil),
		)
		if c.redis != nil {
			row := report.Compare("ws", c.name+": CPU with Redis", "µs", c.both, echo.name, echo.both, nil)
			b.add(row)
		}
	}
	return nil
}
