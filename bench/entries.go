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
	away                      float64   // the most that was refused in a round, as a share
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
func (b *bench) ours(ctx context.Context, store, results string, connect func(context.Context, *show, *load.Loop) error) (c *contestant, err error) {
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
	s, err := d.poll(ctx, results)
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

// contest loads all contestants alternately, first as fast as it goes, then at
// half that rate.
func (b *bench) contest(ctx context.Context, all []*contestant) error {
	if err := b.peaks(ctx, all); err != nil {
		return err
	}
	return b.halves(ctx, all)
}

// peaks has the contestants take turns, in every second round from the last to
// the first.
func (b *bench) peaks(ctx context.Context, all []*contestant) error {
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
	return nil
}

// halves finds the latency at half the peak rate.
func (b *bench) halves(ctx context.Context, all []*contestant) error {
	for round := range b.rounds {
		for _, c := range turn(all, round) {
			r, err := c.loop.Open(report.Of(c.rate).Median/2, b.span(halfSpan))
			if err == nil {
				err = r.Usable()
			}
			if err != nil {
				return fmt.Errorf("%s at half its peak: %w", c.name, err)
			}
			c.refused(r)
			c.p99 = append(c.p99, r.Done.Ms(0.99))
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

// refused notes the share that was sent away, which is paid for in the CPU of
// what was accepted.
func (c *contestant) refused(r *load.Result) {
	c.away = max(c.away, float64(r.Refused)/float64(r.Offered))
}

// note says that some were sent away.
func (c *contestant) note() string {
	if c.away == 0 {
		return ""
	}
	return fmt.Sprintf("up to %.1f %% of a round's entries were told to come later", c.away*100)
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
	if err := r.Usable(); err != nil {
		return err
	}
	c.refused(r)
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(r.Accepted) }
	c.rate = append(c.rate, r.Rate())
	c.cpu = append(c.cpu, each(server1-server0))
	c.redisCPU = append(c.redisCPU, each(redis1-redis0))
	c.both = append(c.both, each(server1-server0+redis1-redis0))
	return nil
}

// baseServer is a baseline that takes entries over HTTP.
type baseServer struct {
	name, baseline string
	fsync          string // of its Redis; empty: it has none
}

// httpContest starts baselines and Drumroll on some stores, each with connections
// that enter over HTTP.
func (b *bench) httpContest(ctx context.Context, bases []baseServer, stores ...string) (all []*contestant, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, endAll(all))
		}
	}()
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
	for _, base := range bases {
		c, err := b.against(ctx, base.name, base.baseline, base.fsync, func(addr string, l *load.Loop) error {
			return connect(addr, "ABCDEF", 1, 1, strangers, l)
		})
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	for _, store := range stores {
		c, err := b.ours(ctx, store, hidden, func(ctx context.Context, s *show, l *load.Loop) error {
			tokens, err := s.join(ctx, len(strangers))
			if err != nil {
				return err
			}
			return connect(s.d.Addr, s.Code, s.activity, s.run, tokens, l)
		})
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

// httpEntries compares entries over HTTP.
func httpEntries(ctx context.Context, b *bench) (err error) {
	all, err := b.httpContest(ctx, []baseServer{
		{"no-op", "noop", ""}, {"synchronous everysec", "synchronous", "everysec"}, {"synchronous always", "synchronous", "always"},
	}, embedded, everysec, always)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endAll(all)) }()
	if err := b.contest(ctx, all); err != nil {
		return err
	}
	noop, sync := all[0], map[string]*contestant{everysec: all[1], always: all[2], embedded: all[2]}
	for _, c := range all[3:] {
		base, budget := sync[c.name], 1.25
		if c.name == embedded {
			budget = 1.75
		}
		row := report.Compare("http", c.name+": server CPU an entry", "µs", c.cpu, noop.name, noop.cpu, report.AtMost(budget))
		row.Note = c.note()
		b.add(row,
			report.Compare("http", c.name+": CPU with Redis", "µs", c.both, base.name, base.both, report.AtMost(0.25)),
			report.Compare("http", c.name+": rate", "/s", c.rate, base.name, base.rate, nil),
			report.Compare("http", c.name+": p99 at half its peak", "ms", c.p99, base.name, base.p99, nil),
		)
		if c.redis != nil {
			b.add(report.Compare("http", c.name+": Redis CPU an entry", "µs", c.redisCPU, base.name, base.redisCPU, nil))
		}
	}
	return nil
}

// socketContest starts a bare echo and Drumroll on some stores, each with so many
// connections that enter. Where results are live, the phones are sent ticks as well.
func (b *bench) socketContest(ctx context.Context, conns int, results string, stores ...string) (all []*contestant, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, endAll(all))
		}
	}()
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
		return nil, err
	}
	all = append(all, c)
	for _, store := range stores {
		c, err := b.oursOverSockets(ctx, conns, store, results)
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (b *bench) oursOverSockets(ctx context.Context, conns int, store, results string) (*contestant, error) {
	return b.ours(ctx, store, results, func(ctx context.Context, s *show, l *load.Loop) error {
		tokens, err := s.join(ctx, conns)
		if err != nil {
			return err
		}
		return s.phones(ctx, l, tokens)
	})
}

// socketEntries compares entries over websockets.
func socketEntries(ctx context.Context, b *bench) (err error) {
	all, err := b.socketContest(ctx, b.size(socketConns), hidden, embedded, everysec, always)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endAll(all)) }()
	told, err := b.oursOverSockets(ctx, b.size(socketConns), embedded, live)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, told.end()) }()
	if err := b.peaks(ctx, append(slices.Clone(all), told)); err != nil {
		return err
	}
	if err := b.halves(ctx, all); err != nil {
		return err
	}
	echo := all[0]
	row := report.Compare("ws", told.name+", live results and their ticks: server CPU an entry", "µs", told.cpu, echo.name, echo.cpu, nil)
	row.Note = told.note()
	b.add(row)
	for _, c := range all[1:] {
		row := report.Compare("ws", c.name+": server CPU an entry", "µs", c.cpu, echo.name, echo.cpu, report.Softly(1.2))
		row.Note = c.note()
		b.add(row,
			report.Compare("ws", c.name+": rate", "/s", c.rate, echo.name, echo.rate, nil),
			report.Compare("ws", c.name+": p99 at half its peak", "ms", c.p99, echo.name, echo.p99, nil),
		)
		if c.redis != nil {
			b.add(report.Compare("ws", c.name+": CPU with Redis", "µs", c.both, echo.name, echo.both, nil))
		}
	}
	return nil
}

// socketGrowth enters over ever more websockets: an entry's share of the bare
// echo's cost must not grow with them.
func socketGrowth(ctx context.Context, b *bench) error {
	var least []float64
	for _, conns := range []int{socketConns / 4, socketConns, 4 * socketConns} {
		conns = b.size(conns)
		all, err := b.socketContest(ctx, conns, hidden, everysec)
		if err != nil {
			return err
		}
		if err := errors.Join(b.peaks(ctx, all), endAll(all)); err != nil {
			return err
		}
		share := report.Ratios(all[1].cpu, all[0].cpu)
		if least == nil {
			least = share
			continue
		}
		row := report.Growth("ws", fmt.Sprintf("%d connections: CPU an entry, in echoes, growth", conns), "", least, share)
		row.Note = fmt.Sprintf("%.1f µs an entry, %.1f µs an echo", report.Of(all[1].cpu).Median, report.Of(all[0].cpu).Median)
		b.add(row)
	}
	return nil
}
