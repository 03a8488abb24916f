package baseline

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"drumroll/bench/load"
	"drumroll/bench/proc"
)

// serving runs a baseline in this process and returns where it listens and how to
// ask it for a broadcast.
func serving(t *testing.T, cfg Config) (addr string, ask func()) {
	t.Helper()
	in, orders := io.Pipe()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(Serve(cfg, in, out), out.Close()) }()
	t.Cleanup(func() {
		if err := errors.Join(orders.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("%v: it says %q", err, line)
	}
	return addr, func() {
		if _, err := io.WriteString(orders, "broadcast\n"); err != nil {
			t.Error(err)
		}
	}
}

func loop(t *testing.T, addr string, n int, wire func(i int) load.Wire, greet func(fd int) ([]byte, error)) *load.Loop {
	t.Helper()
	l, err := load.NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	for i := range n {
		fd, err := load.Dial(addr, i)
		var early []byte
		if err == nil && greet != nil {
			early, err = greet(fd)
		}
		if err == nil {
			err = l.Add(fd, wire(i), early)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestEntriesAreAnswered(t *testing.T) {
	redis, err := proc.StartRedis(t.Context(), 0, t.TempDir(), "everysec")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := redis.Stop(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"noop", "synchronous", "echo"} {
		t.Run(name, func(t *testing.T) {
			addr, _ := serving(t, Config{Name: name, Redis: redis.Addr})
			l := loop(t, addr, 4, func(i int) load.Wire {
				if name == "echo" {
					return &load.Echo{Bytes: []byte("an entry's bytes")}
				}
				return load.NewEntries(addr, "ABCDEF", 1, 1, []string{"somebody"})
			}, nil)
			r, err := l.Times(100)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Clean(); err != nil || r.Accepted != 100 {
				t.Errorf("%d accepted, %v", r.Accepted, err)
			}
		})
	}
}

func TestEverybodyIsSentABroadcast(t *testing.T) {
	const n, rounds = 20, 3
	for name, who := range map[string]struct {
		wire  load.Wire
		greet func(fd int, addr string) ([]byte, error)
	}{
		"writes":     {load.Plain{}, func(fd int, _ string) ([]byte, error) { return load.Greeted(fd, nil) }},
		"centrifuge": {load.Pushes{}, load.Centrifuge},
	} {
		t.Run(name, func(t *testing.T) {
			addr, ask := serving(t, Config{Name: name, Payload: 150})
			l := loop(t, addr, n, func(int) load.Wire { return who.wire }, func(fd int) ([]byte, error) { return who.greet(fd, addr) })
			d, err := l.Deliver(rounds, 0, func() error { ask(); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if d.Frames != n*rounds || d.Bytes < 150 || len(d.Spread) != rounds {
				t.Errorf("%d frames of %d bytes in %d rounds", d.Frames, d.Bytes, len(d.Spread))
			}
		})
	}
}

func TestUnknownBaseline(t *testing.T) {
	if err := Serve(Config{Name: "magic"}, strings.NewReader(""), io.Discard); err == nil {
		t.Error("it serves")
	}
}

func TestUnreachableDatabase(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proc.StartRedis(ctx, 0, t.TempDir(), "everysec"); err == nil {
		t.Error("it started")
	}
	if err := Serve(Config{Name: "synchronous", Redis: "127.0.0.1:1"}, strings.NewReader(""), io.Discard); err == nil {
		t.Error("it serves without its database")
	}
}
