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
	nodesSpan = 2 * time.Second
	// nodesShare of the peak rate of one node: with all on one core, so that there is
	// room for those who only follow.
	nodesShare = 0.25
)

// nodes lets one node take entries while others follow the same log: what each
// further node costs Redis, and what the entries of others cost a node.
func nodes(ctx context.Context, b *bench) error {
	var alone []float64
	var rate float64 // the same for all, for batches grow with it
	for _, followers := range []int{0, 1, 3} {
		redis, taker, follower, err := b.withFollowers(ctx, followers, &rate)
		if err != nil {
			return err
		}
		if followers == 0 {
			alone = redis
			continue
		}
		name := fmt.Sprintf("%d nodes follow: ", followers)
		b.add(
			report.Compare("nodes", name+"Redis CPU an entry", "µs", redis, "no node follows", alone, nil),
			report.Compare("nodes", name+"CPU of one of them an entry", "µs", follower, "that takes it", taker, nil),
		)
	}
	return nil
}

// withFollowers measures CPU an entry in µs: of Redis, of the node that takes the
// entries, and of one that follows (on average). The rate is chosen where it is 0.
func (b *bench) withFollowers(ctx context.Context, n int, rate *float64) (redis, taker, follower []float64, err error) {
	var s *show
	c, err := b.ours(ctx, everysec, live, func(ctx context.Context, made *show, l *load.Loop) error {
		s = made
		tokens, err := s.join(ctx, b.size(socketConns))
		if err != nil {
			return err
		}
		return s.phones(ctx, l, tokens)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, c.end()) }()
	var others []*drumroll
	defer func() {
		for _, d := range others {
			err = errors.Join(err, d.Process.Stop())
		}
	}()
	for range n {
		d := &drumroll{}
		if err := d.serve(ctx, b, "--redis", "redis://"+c.redis.Addr); err != nil {
			return nil, nil, nil, err
		}
		others = append(others, d)
		// From the first question about the event on, the node follows its log.
		if err := d.call(ctx, "GET", "/events/"+s.Code, "", nil, nil); err != nil {
			return nil, nil, nil, err
		}
	}
	used := func() (all time.Duration, err error) {
		for _, d := range others {
			cpu, err := d.CPU()
			if err != nil {
				return 0, err
			}
			all += cpu
		}
		return all, nil
	}
	if err := c.peak(b.span(time.Second)); err != nil {
		return nil, nil, nil, err
	}
	if *rate == 0 {
		*rate = c.rate[0] * nodesShare
	}
	for range b.rounds {
		server0, redis0, err := c.used()
		if err != nil {
			return nil, nil, nil, err
		}
		others0, err := used()
		if err != nil {
			return nil, nil, nil, err
		}
		r, err := c.loop.Open(*rate, b.span(nodesSpan))
		if err != nil {
			return nil, nil, nil, err
		}
		server1, redis1, err := c.used()
		if err != nil {
			return nil, nil, nil, err
		}
		others1, err := used()
		if err != nil {
			return nil, nil, nil, err
		}
		if r.Accepted == 0 {
			return nil, nil, nil, r.Clean()
		}
		each := func(d time.Duration, shares int) float64 {
			return d.Seconds() * 1e6 / float64(r.Accepted) / float64(max(shares, 1))
		}
		redis = append(redis, each(redis1-redis0, 1))
		taker = append(taker, each(server1-server0, 1))
		follower = append(follower, each(others1-others0, n))
	}
	return redis, taker, follower, nil
}
