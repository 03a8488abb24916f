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
	"drumroll/internal/contract"
)

const (
	httpConns = 256
	// Participants whose requests come over one connection of the proxy, so that nobody
	// exceeds the limit of a participant.
	httpParticipants = 8
	socketConns      = 1000
	roundSpan        = 1600 * time.Millisecond // of one contestant
)

// contestant is a server under the load of entries.
type contestant struct {
	name    string
	process *proc.Process
	redis   *proc.Redis // its database, or nil
	loop    *load.Loop
	stop    func() error

	rate, cpu, both []float64 // per round: entries a second; µs an entry, of the server and with Redis
	refused         float64   // the greatest share of a round's entries
}

func stopAll(all []*contestant) (err error) {
	for _, c := range all {
		if c.loop != nil {
			c.loop.Close()
		}
		err = errors.Join(err, c.stop())
	}
	return err
}

// drumrollOn makes Drumroll a contestant; connect adds its connections.
func (b *bench) drumrollOn(ctx context.Context, store string, connect func(*show, *load.Loop) error) (*contestant, error) {
	d, err := b.start(ctx, store)
	if err != nil {
		return nil, err
	}
	c := &contestant{name: store, process: d.Process, redis: d.redis, stop: d.stop}
	s, err := d.poll(ctx, contract.Hidden)
	if err == nil {
		c.loop, err = load.NewLoop()
	}
	if err == nil {
		err = connect(s, c.loop)
	}
	if err == nil {
		err = c.warmUp(b)
	}
	if err != nil {
		return nil, errors.Join(err, stopAll([]*contestant{c}))
	}
	return c, nil
}

// warmUp also spares connections the short timeout of those without a request.
func (c *contestant) warmUp(b *bench) error {
	_, err := c.loop.Closed(b.span(time.Second))
	return err
}

// baseline makes a baseline a contestant, with a Redis of its own if fsync is set.
func (b *bench) baseline(ctx context.Context, name, fsync string, connect func(addr string, l *load.Loop) error) (c *contestant, err error) {
	c = &contestant{name: name}
	c.stop = func() error {
		err := c.process.Stop()
		if c.redis != nil {
			err = errors.Join(err, c.redis.Stop())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stopAll([]*contestant{c}))
		}
	}()
	args := []string{"baseline", "-name", name}
	if fsync != "" {
		dir, err := b.scratch()
		if err != nil {
			return nil, err
		}
		if c.redis, err = proc.StartRedis(ctx, b.rest, dir, fsync); err != nil {
			return nil, err
		}
		args = append(args, "-redis", c.redis.Addr)
	}
	if c.process, err = proc.Start(name, b.core, b.self, args...); err != nil {
		return nil, err
	}
	addr, err := c.process.Listening(ctx, "listening on ")
	if err != nil {
		return nil, err
	}
	if c.loop, err = load.NewLoop(); err != nil {
		return nil, err
	}
	if err := connect(addr, c.loop); err != nil {
		return nil, err
	}
	return c, c.warmUp(b)
}

// used is the CPU time of the server and of its Redis so far.
func (c *contestant) used() (server, redis time.Duration, err error) {
	if server, err = c.process.CPU(); err != nil || c.redis == nil {
		return server, 0, err
	}
	redis, err = c.redis.CPU()
	return server, redis, err
}

// contest loads the contestants in turns, as fast as each goes. Every second round
// runs from the last to the first.
func (b *bench) contest(ctx context.Context, all []*contestant) error {
	order := slices.Clone(all)
	for range b.rounds {
		for _, c := range order {
			if err := errors.Join(c.round(b.span(roundSpan)), ctx.Err()); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		slices.Reverse(order)
	}
	return nil
}

func (c *contestant) round(d time.Duration) error {
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
	if err := r.Check(); err != nil {
		return err
	}
	perEntry := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(r.Accepted) }
	c.rate = append(c.rate, r.Rate())
	c.cpu = append(c.cpu, perEntry(server1-server0))
	c.both = append(c.both, perEntry(server1-server0+redis1-redis0))
	c.refused = max(c.refused, float64(r.Refused)/float64(r.Sent))
	return nil
}

// note mentions refusals, which the CPU of accepted entries pays for.
func (c *contestant) note() string {
	if c.refused == 0 {
		return ""
	}
	return fmt.Sprintf("up to %.1f %% of a round's entries were refused", c.refused*100)
}

// httpEntries compares entries over HTTP as they arrive from a reverse proxy.
func httpEntries(ctx context.Context, b *bench) (err error) {
	var all []*contestant
	defer func() { err = errors.Join(err, stopAll(all)) }()
	connect := func(addr, code string, activity, run int, tokens []string, l *load.Loop) error {
		for i := range httpConns {
			fd, err := load.Dial(addr, i)
			if err != nil {
				return err
			}
			wire := load.NewEntries(addr, code, activity, run, tokens[i*httpParticipants:][:httpParticipants])
			if err := l.Add(fd, wire, nil); err != nil {
				return err
			}
		}
		return nil
	}
	const participants = httpConns * httpParticipants
	made := make([]string, participants) // the baselines accept any token
	for i := range made {
		made[i] = fmt.Sprintf("%032d", i)
	}
	for _, base := range []struct{ name, fsync string }{{"noop", ""}, {"synchronous", "always"}} {
		c, err := b.baseline(ctx, base.name, base.fsync, func(addr string, l *load.Loop) error {
			return connect(addr, "ABCDEF", 1, 1, made, l)
		})
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	for _, store := range []string{embedded, always} {
		c, err := b.drumrollOn(ctx, store, func(s *show, l *load.Loop) error {
			tokens, err := s.join(ctx, participants)
			if err != nil {
				return err
			}
			return connect(s.addr, s.Code, s.activity, s.run, tokens, l)
		})
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if err := b.contest(ctx, all); err != nil {
		return err
	}
	noop, synchronous := all[0], all[1]
	for _, c := range all[2:] {
		b.add(
			report.Compare("http", c.name+": server CPU an entry", "µs", c.cpu, noop.name, noop.cpu, report.AtMost(httpToNoop)).With(c.note()),
			report.Compare("http", c.name+": CPU with Redis", "µs", c.both, synchronous.name, synchronous.both, report.AtMost(httpToSynchronous)),
			report.Compare("http", c.name+": rate", "/s", c.rate, synchronous.name, synchronous.rate, nil))
	}
	return nil
}

// socketEntries compares entries over websockets. Each socket has one under way.
func socketEntries(ctx context.Context, b *bench) (err error) {
	var all []*contestant
	defer func() { err = errors.Join(err, stopAll(all)) }()
	conns := b.size(socketConns)
	echo, err := b.baseline(ctx, "echo", "", func(addr string, l *load.Loop) error {
		for i := range conns {
			fd, err := load.Dial(addr, i)
			if err != nil {
				return err
			}
			if err := l.Add(fd, &load.Echo{Bytes: load.NewSocket(1, 1).Next()}, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all = append(all, echo)
	for _, store := range []string{embedded, always} {
		c, err := b.drumrollOn(ctx, store, func(s *show, l *load.Loop) error { return s.phones(ctx, l, conns) })
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if err := b.contest(ctx, all); err != nil {
		return err
	}
	for _, c := range all[1:] {
		budget := socketToEchoRedis
		if c.name == embedded {
			budget = socketToEchoEmbedded
		}
		b.add(
			report.Compare("ws", c.name+": server CPU an entry", "µs", c.cpu, echo.name, echo.cpu, report.AtMost(budget)).With(c.note()),
			report.Compare("ws", c.name+": CPU with Redis", "µs", c.both, echo.name, echo.both, nil),
			report.Compare("ws", c.name+": rate", "/s", c.rate, echo.name, echo.rate, nil))
	}
	return nil
}
