package redislog_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

const code = "ABC234"

// raw is a plain client, for what a Log does not do.
func raw(t *testing.T, s *redistest.Server) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: s.Addr()})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func mustCreate(t *testing.T, l *redislog.Log, first string) eventlog.Offset {
	t.Helper()
	at, err := l.Create(t.Context(), code, []byte(first))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return at
}

func mustRead(t *testing.T, l *redislog.Log) string {
	t.Helper()
	records, err := l.Read(t.Context(), code, eventlog.Offset{}, 1<<20, 0)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	var texts []string
	for _, r := range records {
		texts = append(texts, string(r.Data))
	}
	return strings.Join(texts, " ")
}

func payloads(records ...string) (out [][]byte) {
	for _, r := range records {
		out = append(out, []byte(r))
	}
	return out
}

// appends are one append of a single record and one of several.
func appends() [][][]byte { return [][][]byte{payloads("one"), payloads("two", "three", "four")} }

func TestExpiredEventStaysGone(t *testing.T) {
	s := redistest.Start(t)
	l := mustOpen(t, s.URL())
	mustCreate(t, l, "first")
	c := raw(t, s)
	if err := c.Del(t.Context(), "drumroll:{"+code+"}:log").Err(); err != nil {
		t.Fatal(err)
	}
	for _, records := range appends() {
		if _, err := l.Append(t.Context(), code, records); !errors.Is(err, eventlog.ErrNotFound) {
			t.Errorf("Append: %v, want ErrNotFound", err)
		}
	}
	if keys, err := c.Keys(t.Context(), "*").Result(); err != nil || len(keys) != 0 {
		t.Errorf("keys %q (error %v), want none", keys, err)
	}
}

// TestRedisGoneAndBack: Redis is killed and started again while a Log uses it. Every
// acknowledged record is there, and no refused one.
func TestRedisGoneAndBack(t *testing.T) {
	s := redistest.Start(t)
	l := mustOpen(t, s.URL())
	head := mustCreate(t, l, "first")
	want := []string{"first"}
	add := func(text string) error {
		at, err := l.Append(t.Context(), code, payloads(text))
		if err == nil {
			want, head = append(want, text), at
		}
		return err
	}
	for round := range 2 {
		if err := add(fmt.Sprint("before", round)); err != nil {
			t.Fatalf("Append: %v", err)
		}
		waiting := make(chan error, 1)
		go func() {
			_, err := l.Read(t.Context(), code, head, 1, time.Minute)
			waiting <- err
		}()
		s.Kill()
		// An append that began before the server was gone may end either way.
		for {
			err := add("refused")
			if err == nil {
				t.Fatal("Append succeeded without a Redis")
			}
			if errors.Is(err, eventlog.ErrRefused) {
				break
			}
		}
		if err := <-waiting; err == nil || errors.Is(err, eventlog.ErrNotFound) {
			t.Errorf("waiting Read: %v, want the connection's error", err)
		}
		if err := l.Ping(t.Context()); err == nil {
			t.Error("Ping succeeded without a Redis")
		}
		s.Restart(t)
		for deadline := time.Now().Add(10 * time.Second); l.Ping(t.Context()) != nil; {
			if time.Now().After(deadline) {
				t.Fatal("the Log does not find back to Redis")
			}
		}
		if err := add(fmt.Sprint("after", round)); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
	if got := mustRead(t, l); got != strings.Join(want, " ") {
		t.Errorf("records %q, want %q", got, want)
	}
}

// deafProxy forwards to Redis; once deaf, it swallows the first reply and closes
// that connection.
type deafProxy struct {
	net.Listener
	deaf atomic.Bool
	lost atomic.Int32 // replies swallowed
}

func startProxy(t *testing.T, target string) *deafProxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &deafProxy{Listener: l}
	var forwards sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); forwards.Wait() })
	forwards.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			forwards.Go(func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			})
			forwards.Go(func() {
				defer client.Close()
				buffer := make([]byte, 1<<16)
				for {
					n, err := server.Read(buffer)
					if err != nil {
						return
					}
					if p.deaf.Load() {
						p.lost.Add(1)
						return
					}
					if _, err := client.Write(buffer[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	return p
}

// TestLostReply: Redis has executed the append, its reply is lost. The error
// leaves the outcome open, and the client does not send it again.
func TestLostReply(t *testing.T) {
	t.Run("Standalone", func(t *testing.T) {
		s := redistest.Start(t)
		testLostReply(t, s, startProxy(t, s.Addr()))
	})
	t.Run("Cluster", func(t *testing.T) {
		// A Cluster of one, which tells clients the proxy's address as its own.
		s := redistest.Start(t, "cluster-enabled", "yes")
		p := startProxy(t, s.Addr())
		c := raw(t, s)
		for _, args := range [][]any{
			{"cluster", "addslotsrange", 0, 16383},
			{"config", "set", "cluster-announce-ip", "127.0.0.1"},
			{"config", "set", "cluster-announce-port", p.Addr().(*net.TCPAddr).Port},
		} {
			if err := c.Do(t.Context(), args...).Err(); err != nil {
				t.Fatalf("%v: %v", args, err)
			}
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			info, err := c.ClusterInfo(t.Context()).Result()
			if err == nil && strings.Contains(info, "cluster_state:ok") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the cluster is not whole: %v\n%s", err, info)
			}
		}
		testLostReply(t, s, p)
	})
}

func testLostReply(t *testing.T, s *redistest.Server, p *deafProxy) {
	direct := mustOpen(t, s.URL())
	mustCreate(t, direct, "first")
	l := mustOpen(t, "redis://"+p.Addr().String())
	want := "first"
	for i, records := range appends() {
		// Connect first: a connection that fails in its handshake sent nothing.
		for _, warm := range appends() {
			if _, err := l.Append(t.Context(), code, warm); err != nil {
				t.Fatalf("Append: %v", err)
			}
			for _, r := range warm {
				want += " " + string(r)
			}
		}
		p.deaf.Store(true)
		_, err := l.Append(t.Context(), code, records)
		p.deaf.Store(false)
		if err == nil || errors.Is(err, eventlog.ErrRefused) || errors.Is(err, eventlog.ErrNotFound) || errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("Append with a lost reply: %v, want an error that leaves the outcome open", err)
		}
		for _, r := range records {
			want += " " + string(r)
		}
		if got := int(p.lost.Load()); got != i+1 {
			t.Errorf("%d replies lost, want %d: the append was sent again", got, i+1)
		}
	}
	if got := mustRead(t, direct); got != want {
		t.Errorf("records %q, want %q", got, want)
	}
}

// TestRefused: error replies say that nothing was written, and nothing was.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ set, unset []any }{
		"out of memory": {
			[]any{"config", "set", "maxmemory", "1"},
			[]any{"config", "set", "maxmemory", "0"},
		},
		"replica": {
			[]any{"replicaof", "127.0.0.1", "1"},
			[]any{"replicaof", "no", "one"},
		},
		"too few replicas": {
			[]any{"config", "set", "min-replicas-to-write", "1"},
			[]any{"config", "set", "min-replicas-to-write", "0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t, "appendonly", "no")
			l := mustOpen(t, s.URL())
			mustCreate(t, l, "first")
			do := func(args []any) {
				t.Helper()
				if err := raw(t, s).Do(t.Context(), args...).Err(); err != nil {
					t.Fatalf("%v: %v", args, err)
				}
			}
			do(c.set)
			for _, records := range appends() {
				if _, err := l.Append(t.Context(), code, records); !errors.Is(err, eventlog.ErrRefused) {
					t.Errorf("Append of %d: %v, want ErrRefused", len(records), err)
				}
			}
			if _, err := l.Create(t.Context(), "DEF567", []byte("x")); !errors.Is(err, eventlog.ErrRefused) {
				t.Errorf("Create: %v, want ErrRefused", err)
			}
			if err := l.Ping(t.Context()); err == nil {
				t.Error("Ping says that Redis takes writes")
			}
			do(c.unset)
			if _, err := l.Append(t.Context(), code, payloads("last")); err != nil {
				t.Errorf("Append: %v", err)
			}
			if got := mustRead(t, l); got != "first last" {
				t.Errorf("records %q, want first last", got)
			}
		})
	}
}

func TestForeignKeyIsDamage(t *testing.T) {
	s := redistest.Start(t)
	l := mustOpen(t, s.URL())
	c := raw(t, s)
	key := "drumroll:{" + code + "}:log"
	for name, spoil := range map[string]func() error{
		"no stream": func() error { return c.Set(t.Context(), key, "x", 0).Err() },
		"no field": func() error {
			return c.XAdd(t.Context(), &redis.XAddArgs{Stream: key, Values: []string{"other", "x"}}).Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.Del(t.Context(), key).Err(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Read(t.Context(), code, eventlog.Offset{}, 10, 0); !errors.Is(err, eventlog.ErrCorrupt) {
				t.Errorf("Read: %v, want ErrCorrupt", err)
			}
		})
	}
}
