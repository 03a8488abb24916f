package redislog_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

func TestSigningKeyRace(t *testing.T) {
	s := redistest.Start(t)
	c := raw(t, s)
	logs := make([]*redislog.Log, 4)
	for i := range logs {
		logs[i] = mustOpen(t, s.URL())
	}
	for range 5 {
		if err := c.Del(t.Context(), "drumroll:signing-key").Err(); err != nil {
			t.Fatal(err)
		}
		keys := make([][]byte, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				<-start
				var err error
				if keys[i], err = logs[i%len(logs)].SigningKey(t.Context()); err != nil {
					t.Errorf("SigningKey: %v", err)
				}
			})
		}
		close(start)
		wg.Wait()
		for _, k := range keys {
			if len(k) != 32 || !bytes.Equal(k, keys[0]) {
				t.Errorf("two nodes have different signing keys")
			}
		}
	}
	if err := c.Set(t.Context(), "drumroll:signing-key", "torn", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if key, err := logs[0].SigningKey(t.Context()); err == nil {
		t.Errorf("SigningKey = %d bytes for a torn key, want an error", len(key))
	}
}

// TestPresenceLapses: the numbers of silent nodes do not count and are removed.
func TestPresenceLapses(t *testing.T) {
	s := redistest.Start(t)
	l := mustOpen(t, s.URL())
	mustCreate(t, l, "first")
	c := raw(t, s)
	key := "drumroll:{" + code + "}:here"
	now, err := c.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	ago := func(d time.Duration) string { return fmt.Sprintf("100:%d", now.Add(-d).UnixMilli()) }
	err = c.HSet(t.Context(), key, "silent", ago(5*time.Second), "alive", ago(time.Second), "broken", "x").Err()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := l.Announce(t.Context(), code, "me", 7); err != nil || got != 107 {
		t.Errorf("Here = %d, %v, want 107", got, err)
	}
	if nodes, err := c.HKeys(t.Context(), key).Result(); err != nil || len(nodes) != 2 {
		t.Errorf("nodes %q (error %v), want alive and me", nodes, err)
	}
	if ttl, err := c.PTTL(t.Context(), key).Result(); err != nil || ttl <= 0 || ttl > 4*time.Second {
		t.Errorf("the hash lives for %v (error %v), want up to 4 s", ttl, err)
	}
	// Nothing is kept for an event that has no log.
	if got, err := l.Announce(t.Context(), "DEF567", "me", 7); err != nil || got != 7 {
		t.Errorf("Here = %d, %v, want 7", got, err)
	}
	if n, err := c.Exists(t.Context(), "drumroll:{DEF567}:here").Result(); err != nil || n != 0 {
		t.Errorf("figures were kept for an event without a log (error %v)", err)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, urls := range []string{
		"redis://user:secret@" + address,
		"redis://user:secret@" + address + "," + address,
		"redis://user:secret@" + address + "?master_name=x",
	} {
		start := time.Now()
		_, err := redislog.Open(t.Context(), urls, redislog.Config{})
		if err == nil || !strings.Contains(err.Error(), address) {
			t.Errorf("Open: %v, want an error that names %s", err, address)
		} else if strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open: %q, want one line without the password", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("Open took %v to fail", took)
		}
	}
}

func TestBadURL(t *testing.T) {
	for _, urls := range []string{
		"", "localhost:6379", "http://u:secret@x", "redis://", "redis://a:1,http://b", "redis://u:secret@a:1/x",
		"redis://u:secret@a:1?nonsense=1", "redis://u:se cret@a", "redis://a:1/3,b:1", "redis://a:1,,",
	} {
		_, err := redislog.Open(t.Context(), urls, redislog.Config{})
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%q): %v, want one line without the password", urls, err)
		}
	}
}
