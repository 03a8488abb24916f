package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"drumroll/bench/load"
	"drumroll/bench/proc"
)

// Stores that Drumroll runs on.
const (
	embedded = "embedded"
	everysec = "redis everysec"
	always   = "redis always"
)

// drumroll is the real binary, running, and its Redis where it has one.
type drumroll struct {
	*proc.Process
	Addr  string
	redis *proc.Redis
	data  string
}

// start runs the real binary on a store of its own.
func (b *bench) start(ctx context.Context, store string) (d *drumroll, err error) {
	d = &drumroll{}
	if d.data, err = os.MkdirTemp(b.dir, "data-"); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	args := []string{"--data", d.data}
	if store != embedded {
		if d.redis, err = proc.StartRedis(ctx, b.rest, d.data, strings.TrimPrefix(store, "redis ")); err != nil {
			return nil, err
		}
		args = []string{"--redis", "redis://" + d.redis.Addr}
	}
	if err := d.serve(ctx, b, args...); err != nil {
		return nil, errors.Join(err, d.stop())
	}
	return d, nil
}

func (d *drumroll) serve(ctx context.Context, b *bench, args ...string) (err error) {
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"}, args...)
	if d.Process, err = proc.Start("drumroll", b.core, b.server, args...); err != nil {
		return err
	}
	d.Addr, err = d.Ready(ctx, "listening on http://")
	return err
}

func (d *drumroll) stop() error {
	err := d.Process.Stop()
	if d.redis != nil {
		err = errors.Join(err, d.redis.Stop())
	}
	return err
}

// show is an event with one activity.
type show struct {
	d        *drumroll
	Code     string `json:"code"`
	HostKey  string `json:"host_key"`
	activity int
	run      int
}

// call makes one call of the API.
func (d *drumroll) call(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+d.Addr+"/api/v1"+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, data)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	return nil
}

// Who sees the counts of a poll while it is open.
const (
	live   = "live"   // the audience too: its phones are sent every tick
	hidden = "hidden" // the host alone
)

// poll makes an event with an open poll of four options.
func (d *drumroll) poll(ctx context.Context, results string) (*show, error) {
	return d.show(ctx, map[string]any{"kind": "poll", "title": "Tabs or spaces?",
		"options": []string{"Tabs", "Spaces", "Both", "Neither"}, "max_choices": 1, "results": results})
}

// connected is how many phones are there.
func (s *show) connected(ctx context.Context) (int, error) {
	var e struct{ People struct{ Connected int } }
	err := s.host(ctx, "GET", "", nil, &e)
	return e.People.Connected, err
}

func (d *drumroll) show(ctx context.Context, activity map[string]any) (*show, error) {
	s := &show{d: d}
	if err := d.call(ctx, "POST", "/events", "", map[string]string{"title": "Benchmark"}, s); err != nil {
		return nil, err
	}
	var a struct{ ID, Run int }
	if err := s.host(ctx, "POST", "/activities", activity, &a); err != nil {
		return nil, err
	}
	if err := s.host(ctx, "POST", fmt.Sprintf("/activities/%d/open", a.ID), nil, &a); err != nil {
		return nil, err
	}
	s.activity, s.run = a.ID, a.Run
	return s, nil
}

// host makes a call of the event's host.
func (s *show) host(ctx context.Context, method, path string, in, out any) error {
	return s.d.call(ctx, method, "/events/"+s.Code+path, s.HostKey, in, out)
}

const (
	joinConns = 64  // over how many connections participants join
	joinAsk   = 250 // how many ask before it is seen whether they were told to come later
)

// join makes participants over the API and returns their tokens. Where it is
// told to come again later, it does.
func (s *show) join(ctx context.Context, n int) ([]string, error) {
	var tokens []string
	var bad error
	taken := func(body []byte) {
		var t struct{ Token string }
		if err := json.Unmarshal(body, &t); err != nil {
			bad = fmt.Errorf("join: %w", err)
			return
		}
		tokens = append(tokens, t.Token)
	}
	l, err := load.NewLoop()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	for i := range min(joinConns, n) {
		fd, err := load.Dial(s.d.Addr, i)
		if err != nil {
			return nil, err
		}
		if err := l.Add(fd, load.NewJoins(s.d.Addr, s.Code, taken), nil); err != nil {
			return nil, err
		}
	}
	for len(tokens) < n {
		r, err := l.Times(min(n-len(tokens), joinAsk))
		if err := errors.Join(err, bad); err != nil {
			return nil, err
		}
		if r.Failed+r.Lost > 0 {
			return nil, fmt.Errorf("join: %w", r.Clean())
		}
		if r.Refused > 0 {
			if err := pause(ctx, 200*time.Millisecond); err != nil {
				return nil, err
			}
		}
	}
	return tokens, nil
}

// phone opens one participant's websocket, for as long as it is told to come again.
func (s *show) phone(ctx context.Context, token string, from int) (fd int, early []byte, err error) {
	for {
		fd, early, err = load.Phone(s.d.Addr, s.Code, token, from)
		var busy *load.Busy
		if !errors.As(err, &busy) {
			return fd, early, err
		}
		if err := pause(ctx, min(busy.After, 500*time.Millisecond)); err != nil {
			return -1, nil, err
		}
	}
}

// phones opens a websocket for each token, all voting in the poll.
func (s *show) phones(ctx context.Context, l *load.Loop, tokens []string) error {
	for i, token := range tokens {
		fd, early, err := s.phone(ctx, token, i)
		if err != nil {
			return err
		}
		if err := l.Add(fd, load.NewSocket(fmt.Sprintf("p%d", i), s.activity, s.run), early); err != nil {
			_ = unix.Close(fd)
			return err
		}
		if i%256 == 255 { // what they are sent meanwhile must not fill their buffers
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

// scratch makes a folder that goes with the run.
func scratch(dir string) (string, error) {
	path, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return path, nil
}
