package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"drumroll/bench/load"
	"drumroll/bench/proc"
	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
)

// Stores that Drumroll runs on.
const (
	embedded = "embedded"
	always   = "redis always" // appendfsync always
)

// drumroll is the real binary, running, with its Redis if it has one.
type drumroll struct {
	*proc.Process
	addr  string
	redis *proc.Redis
	args  []string // that select the store
	admin string   // host:port of profiles
}

// start runs the real binary on an empty store.
func (b *bench) start(ctx context.Context, store string) (d *drumroll, err error) {
	d = &drumroll{}
	dir, err := b.scratch()
	if err != nil {
		return nil, err
	}
	d.args = []string{"--data", dir}
	if store != embedded {
		if d.redis, err = proc.StartRedis(ctx, b.rest, dir, "always"); err != nil {
			return nil, err
		}
		d.args = []string{"--redis", "redis://" + d.redis.Addr}
	}
	if err := d.serve(ctx, b); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

// serve starts the server, behind a trusted proxy as far as it knows.
func (d *drumroll) serve(ctx context.Context, b *bench) (err error) {
	args := append([]string{"serve", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--trusted-proxies", "127.0.0.0/8"}, d.args...)
	if d.Process, err = proc.Start("drumroll", b.core, b.server, args...); err != nil {
		return err
	}
	if d.addr, err = d.Listening(ctx, "listening on http://"); err != nil {
		return err
	}
	adminLine := regexp.MustCompile(`metrics and pprof.* addr=(\S+)`)
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(5 * time.Millisecond) {
		if line := adminLine.FindStringSubmatch(d.Stderr()); line != nil {
			d.admin = line[1]
			return nil
		}
	}
	return errors.New("the server does not log the address of its profiles")
}

func (d *drumroll) stop() error {
	err := d.Process.Stop()
	if d.redis != nil {
		err = errors.Join(err, d.redis.Stop())
	}
	return err
}

// heap collects the server's garbage and returns the bytes that remain.
func (d *drumroll) heap(ctx context.Context) (int64, error) {
	profiles := contract.Client{Server: "http://" + d.admin}
	status, _, text, err := profiles.Send(ctx, http.MethodGet, "/debug/pprof/heap?gc=1&debug=1", nil)
	if err != nil {
		return 0, fmt.Errorf("heap: %w", err)
	}
	size := regexp.MustCompile(`# HeapAlloc = (\d+)`).FindSubmatch(text)
	if size == nil {
		return 0, fmt.Errorf("heap: the profile has no HeapAlloc: status %d", status)
	}
	return strconv.ParseInt(string(size[1]), 10, 64)
}

// show is an event with its host's client, and the activity that was opened last.
type show struct {
	contract.EventClient
	addr          string // host:port
	activity, run int
}

// event makes an event.
func (d *drumroll) event(ctx context.Context) (*show, error) {
	c := contract.Client{Server: "http://" + d.addr}
	created, err := nodetest.CreateEvent(ctx, &c, "Benchmark")
	return &show{EventClient: *c.At(created.Code, created.HostKey), addr: d.addr}, err
}

// poll makes an event with an open poll. results is contract.Live, so that phones
// receive ticks, or contract.Hidden.
func (d *drumroll) poll(ctx context.Context, results string) (*show, error) {
	s, err := d.event(ctx)
	if err != nil {
		return nil, err
	}
	options := []string{"Tabs", "Spaces", "Both", "Neither"}
	return s, s.open(ctx, contract.PollSpec{Kind: contract.KindPoll, Title: "Tabs or spaces?", Options: options, Results: results})
}

// open adds an activity and opens it.
func (s *show) open(ctx context.Context, spec any) error {
	a, err := nodetest.Add(ctx, &s.EventClient, spec)
	if err != nil {
		return err
	}
	a, err = nodetest.Command(ctx, &s.EventClient, a.ID, "open")
	s.activity, s.run = a.ID, a.Run
	return err
}

// command commands the activity that was opened last.
func (s *show) command(ctx context.Context, verb string) error {
	_, err := nodetest.Command(ctx, &s.EventClient, s.activity, verb)
	return err
}

// joinAtOnce is how many connections to a host the HTTP client keeps.
const joinAtOnce = 2

// join makes participants and returns their tokens.
func (s *show) join(ctx context.Context, n int) ([]string, error) {
	tokens := make([]string, n)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(joinAtOnce)
	for i := range tokens {
		g.Go(func() error {
			return retry(ctx, func() error {
				joined, err := nodetest.Join(ctx, &s.EventClient)
				tokens[i] = joined.Token
				return err
			})
		})
	}
	return tokens, g.Wait()
}

// retry repeats what a busy server refuses.
func retry(ctx context.Context, act func() error) error {
	for {
		err := act()
		_, busy := errors.AsType[*load.BusyError](err)
		if status := contract.StatusOf(err); status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests && !busy {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// connect opens the websocket of a view and adds it to a loop.
func (s *show) connect(ctx context.Context, l *load.Loop, view, token string, from int, wire load.Wire) error {
	return retry(ctx, func() error {
		fd, early, err := load.OpenView(s.addr, s.Code, view, token, from)
		if err != nil {
			return err
		}
		return l.Add(fd, wire, early)
	})
}

// phones joins n participants and connects each of them.
func (s *show) phones(ctx context.Context, l *load.Loop, n int) error {
	tokens, err := s.join(ctx, n)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		if err := s.connect(ctx, l, "phone", token, i, load.NewSocket(s.activity, s.run)); err != nil {
			return err
		}
		if i%256 == 255 { // what they receive in the meantime must not fill their buffers
			if err := l.Listen(time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
