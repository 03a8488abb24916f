package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"drumroll/bench/load"
	"drumroll/bench/proc"
)

// Stores that Drumroll runs on.
const (
	embedded = "embedded"
	everysec = "redis everysec"
	always   = "redis always"
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
		if d.redis, err = proc.StartRedis(ctx, b.rest, dir, strings.TrimPrefix(store, "redis ")); err != nil {
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
	text, err := request(ctx, "GET", "http://"+d.admin+"/debug/pprof/heap?gc=1&debug=1", "", nil)
	if err != nil {
		return 0, err
	}
	size := regexp.MustCompile(`# HeapAlloc = (\d+)`).FindSubmatch(text)
	if size == nil {
		return 0, errors.New("the heap profile has no HeapAlloc")
	}
	return strconv.ParseInt(string(size[1]), 10, 64)
}

// busyError is an answer of 429 or 503.
type busyError struct{ answer string }

func (e *busyError) Error() string { return e.answer }

// request makes an HTTP request and returns the answer's body. The key may be empty.
func request(ctx context.Context, method, url, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		return nil, &busyError{fmt.Sprintf("%s %s: %s", method, url, res.Status)}
	case res.StatusCode >= 300:
		return nil, fmt.Errorf("%s %s: %s %s", method, url, res.Status, answer)
	}
	return answer, nil
}

// call makes a call of the API. in and out may be nil.
func (d *drumroll) call(ctx context.Context, method, path, key string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	answer, err := request(ctx, method, "http://"+d.addr+"/api/v1"+path, key, body)
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	return err
}

// show is an event with an open activity.
type show struct {
	server   *drumroll
	Code     string `json:"code"`
	HostKey  string `json:"host_key"`
	activity int
	run      int
}

// Who sees the counts of a poll while it is open.
const (
	live   = "live"   // everybody: phones receive ticks
	hidden = "hidden" // the host alone
)

// poll makes an event with an open poll of four options.
func (d *drumroll) poll(ctx context.Context, results string) (*show, error) {
	s, err := d.event(ctx)
	if err != nil {
		return nil, err
	}
	return s, s.open(ctx, map[string]any{"kind": "poll", "title": "Tabs or spaces?",
		"options": []string{"Tabs", "Spaces", "Both", "Neither"}, "max_choices": 1, "results": results})
}

func (d *drumroll) event(ctx context.Context) (*show, error) {
	s := &show{server: d}
	return s, d.call(ctx, "POST", "/events", "", map[string]string{"title": "Benchmark"}, s)
}

// open adds an activity and opens it.
func (s *show) open(ctx context.Context, spec map[string]any) error {
	var a struct{ ID, Run int }
	if err := s.host(ctx, "POST", "/activities", spec, &a); err != nil {
		return err
	}
	if err := s.host(ctx, "POST", fmt.Sprintf("/activities/%d/open", a.ID), nil, &a); err != nil {
		return err
	}
	s.activity, s.run = a.ID, a.Run
	return nil
}

// host makes a call as the event's host.
func (s *show) host(ctx context.Context, method, path string, in, out any) error {
	return s.server.call(ctx, method, "/events/"+s.Code+path, s.HostKey, in, out)
}

// state is what the host sees of an event.
type state struct {
	People     struct{ Connected int }
	Activities []struct{ Entries int }
}

func (s *show) state(ctx context.Context) (e state, err error) {
	return e, s.host(ctx, "GET", "", nil, &e)
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
			var answer struct{ Token string }
			err := retry(ctx, func() error {
				return s.server.call(ctx, "POST", "/events/"+s.Code+"/participants", "", nil, &answer)
			})
			tokens[i] = answer.Token
			return err
		})
	}
	return tokens, g.Wait()
}

// retry repeats what a busy server refuses.
func retry(ctx context.Context, act func() error) error {
	for {
		err := act()
		var busy *busyError
		var refused *load.BusyError
		if !errors.As(err, &busy) && !errors.As(err, &refused) {
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
		fd, early, err := load.OpenView(s.server.addr, s.Code, view, token, from)
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
