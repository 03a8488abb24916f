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

// serve runs a baseline in this process and returns its address.
func serve(t *testing.T, cfg Config) (addr string) {
	t.Helper()
	in, stop := io.Pipe()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(Serve(cfg, in, out), out.Close()) }()
	t.Cleanup(func() {
		if err := errors.Join(stop.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("%v: it prints %q", err, line)
	}
	return addr
}

func connect(t *testing.T, addr string, n int, wire load.Wire, handshake func(fd int) ([]byte, error)) *load.Loop {
	t.Helper()
	l, err := load.NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	for i := range n {
		fd, early, err := load.Open(addr, i, handshake)
		if err == nil {
			err = l.Add(fd, wire, early)
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
			addr := serve(t, Config{Name: name, Redis: redis.Addr})
			var wire load.Wire = load.NewEntries(addr, "ABCDEF", 1, 1, []string{"somebody"})
			if name == "echo" {
				wire = &load.Echo{Bytes: []byte("an entry's bytes")}
			}
			l := connect(t, addr, 4, wire, func(int) ([]byte, error) { return nil, nil })
			r, err := l.Times(100)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Check(); err != nil || r.Accepted != 100 {
				t.Errorf("%d accepted, %v", r.Accepted, err)
			}
		})
	}
}

func TestEverybodyReceivesABroadcast(t *testing.T) {
	const n, rounds = 20, 3
	for name, client := range map[string]struct {
		wire      load.Wire
		handshake func(fd int, addr string) ([]byte, error)
	}{
		"writes":     {load.Writes{}, func(fd int, _ string) ([]byte, error) { return load.WaitForFrame(fd, nil) }},
		"centrifuge": {load.Centrifuge{}, load.Subscribe},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, Config{Name: name, Payload: 150})
			l := connect(t, addr, n, client.wire, func(fd int) ([]byte, error) { return client.handshake(fd, addr) })
			frames, length, err := l.Deliver(rounds, 0)
			if err != nil {
				t.Fatal(err)
			}
			if frames != n*rounds || length < 150 {
				t.Errorf("%d frames of %d bytes in %d rounds", frames, length, rounds)
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
