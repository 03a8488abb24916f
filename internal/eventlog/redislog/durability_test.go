package redislog_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

func mustJudge(t *testing.T, l *redislog.Log) redislog.Durability {
	t.Helper()
	d, err := l.Durability(t.Context())
	if err != nil {
		t.Fatalf("Durability: %v", err)
	}
	return d
}

// TestDurabilityFollowsTheSettings: a setting that changes while the node runs is seen.
func TestDurabilityFollowsTheSettings(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	l := mustOpen(t, s.URL())
	c := raw(t, s)
	if d := mustJudge(t, l); !d.Lossless || d.String() != "" {
		t.Fatalf("sound settings: %+v", d)
	}
	for _, step := range []struct{ name, bad, says, good string }{
		{"appendfsync", "everysec", "2 s", "always"},
		{"appendfsync", "no", "power cut", "always"},
		{"no-appendfsync-on-rewrite", "yes", "rewritten", "no"},
		{"appendonly", "no", "loses every event", "yes"},
	} {
		if err := c.ConfigSet(t.Context(), step.name, step.bad).Err(); err != nil {
			t.Fatal(err)
		}
		if d := mustJudge(t, l); d.Lossless || !strings.Contains(d.String(), step.says) || !strings.Contains(d.String(), s.Addr()) {
			t.Errorf("%s %s: %+v, want %q and the address", step.name, step.bad, d, step.says)
		}
		if err := c.ConfigSet(t.Context(), step.name, step.good).Err(); err != nil {
			t.Fatal(err)
		}
		if d := mustJudge(t, l); !d.Lossless {
			t.Errorf("%s %s again: %+v", step.name, step.good, d)
		}
	}
}

// TestDurabilityOfEveryMaster: one master of a Cluster is enough for a warning.
func TestDurabilityOfEveryMaster(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t)
	l := mustOpen(t, nodes[0].URL())
	if d := mustJudge(t, l); !d.Lossless {
		t.Errorf("sound settings: %+v", d)
	}
	if err := raw(t, nodes[2]).ConfigSet(t.Context(), "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	if d := mustJudge(t, l); d.Lossless || len(d.Risks) != 1 || !strings.HasPrefix(d.Risks[0], "Redis at "+nodes[2].Addr()+": ") {
		t.Errorf("%+v, want one risk, at %s", d, nodes[2].Addr())
	}
}

// TestDurabilityBehindSentinel: the present master is asked.
func TestDurabilityBehindSentinel(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t, "appendfsync", "everysec")
	s := redistest.StartSentinel(t, "stage", master)
	l := mustOpen(t, s.URL()+"?master_name=stage")
	if d := mustJudge(t, l); d.Lossless || !strings.Contains(d.String(), "Sentinel's master stage: appendfsync everysec") {
		t.Errorf("%+v", d)
	}
}

// TestDurabilityWithoutConfig: if CONFIG or even INFO is forbidden, the result names the
// settings that were not read, and does not count them as safe.
func TestDurabilityWithoutConfig(t *testing.T) {
	t.Parallel()
	more := filepath.Join(t.TempDir(), "more.conf")
	if err := os.WriteFile(more, []byte("rename-command CONFIG \"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := redistest.Start(t, "include", more)
	if d := mustJudge(t, mustOpen(t, s.URL())); d.Lossless || !strings.Contains(d.String(), "appendfsync cannot be read") {
		t.Errorf("a renamed CONFIG: %+v", d)
	}
	s = redistest.Start(t)
	for _, user := range []struct{ name, forbidden, says string }{
		{"tenant", "-config", "appendfsync cannot be read"},
		{"stranger", "-@dangerous", "persistence cannot be read"},
	} {
		err := raw(t, s).Do(t.Context(), "acl", "setuser", user.name, "on", ">secret", "~*", "&*", "+@all", user.forbidden).Err()
		if err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, "redis://"+user.name+":secret@"+s.Addr())
		if d := mustJudge(t, l); d.Lossless || !strings.Contains(d.String(), user.says) {
			t.Errorf("user %s: %+v, want %q", user.name, d, user.says)
		}
	}
}

// TestOldRedis: a Redis that says it is old is refused at once, with both versions in the
// error.
func TestOldRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	_, err := redislog.Open(t.Context(), "redis://"+aging(t, s.Addr()), redislog.Config{})
	if err == nil || !strings.Contains(err.Error(), "and Drumroll needs 6.2 or later") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Open: %v, want one line with the version", err)
	}
}

// aging is the address of a proxy that rewrites Redis' version in its replies.
func aging(t *testing.T, redis string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", redis)
			if err != nil {
				client.Close()
				return
			}
			go func() {
				defer server.Close()
				_, _ = io.Copy(server, client)
			}()
			go func() {
				defer client.Close()
				b := make([]byte, 64<<10) // more than INFO says, in one piece on the loopback
				for {
					n, err := server.Read(b)
					if _, werr := client.Write([]byte(older(string(b[:n])))); err != nil || werr != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// older replaces the version by one of the same length.
func older(reply string) string {
	_, after, ok := strings.Cut(reply, "redis_version:")
	if !ok {
		return reply
	}
	version, _, _ := strings.Cut(after, "\r\n")
	old := "6.0." + strings.Repeat("1", max(len(version)-4, 1))
	return strings.Replace(reply, "redis_version:"+version, fmt.Sprintf("redis_version:%.*s", len(version), old), 1)
}
