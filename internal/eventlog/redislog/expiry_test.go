package redislog_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

// TestExpiryIsSetWithTheAppend: appends set the expiry, and nothing else does.
func TestExpiryIsSetWithTheAppend(t *testing.T) {
	s := redistest.Start(t)
	c := raw(t, s)
	key := "drumroll:{" + code + "}:log"
	l := mustOpenWith(t, s.URL(), redislog.Config{Retention: time.Hour})
	// want asserts how long the event still lives, within the time that the test takes;
	// below 0 means for ever.
	want := func(what string, left time.Duration) {
		t.Helper()
		got, err := c.PTTL(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		if left < 0 && got >= 0 || left >= 0 && (got > left || got <= left-time.Minute) {
			t.Errorf("%s: the event lives for %v, want %v", what, got, left)
		}
	}
	spend := func() { // as if most of the hour were over
		t.Helper()
		if err := c.PExpire(t.Context(), key, 2*time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
	}

	mustCreate(t, l, "first")
	want("create", time.Hour)
	for _, records := range appends() {
		spend()
		if _, err := l.Append(t.Context(), code, records); err != nil {
			t.Fatal(err)
		}
		want("append", time.Hour)
	}
	spend()
	if _, err := l.Create(t.Context(), code, []byte("x")); !errors.Is(err, eventlog.ErrExists) {
		t.Errorf("Create: %v, want ErrExists", err)
	}
	if _, err := l.Append(t.Context(), code, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Announce(t.Context(), code, "node", 3); err != nil {
		t.Fatal(err)
	}
	mustRead(t, l)
	if _, err := l.Head(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	want("all but appends", 2*time.Minute)

	forever := mustOpen(t, s.URL())
	for _, records := range appends() {
		spend()
		if _, err := forever.Append(t.Context(), code, records); err != nil {
			t.Fatal(err)
		}
		want("append for ever", -1)
	}
	// A restarted Redis has forgotten all scripts, so the append is sent whole.
	s.Kill()
	s.Restart(t)
	for deadline := time.Now().Add(10 * time.Second); l.Ping(t.Context()) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the Log does not find back to Redis")
		}
	}
	want("after a restart", -1)
	if _, err := l.Append(t.Context(), code, payloads("last")); err != nil {
		t.Fatal(err)
	}
	want("append after a restart", time.Hour)
}

// TestForeignKeyKeepsItsLife: an append to a key that is no stream changes
// nothing of it.
func TestForeignKeyKeepsItsLife(t *testing.T) {
	s := redistest.Start(t)
	c := raw(t, s)
	l := mustOpenWith(t, s.URL(), redislog.Config{Retention: time.Hour})
	key := "drumroll:{" + code + "}:log"
	if err := c.Set(t.Context(), key, "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for _, records := range appends() {
		if _, err := l.Append(t.Context(), code, records); !errors.Is(err, eventlog.ErrCorrupt) {
			t.Errorf("Append: %v, want ErrCorrupt", err)
		}
	}
	if ttl, err := c.PTTL(t.Context(), key).Result(); err != nil || ttl >= 0 {
		t.Errorf("it now expires after %v (%v)", ttl, err)
	}
	if v, err := c.Get(t.Context(), key).Result(); err != nil || v != "x" {
		t.Errorf("it now holds %q (%v)", v, err)
	}
}

// TestExpiryNeedsItsRight: Open fails without the right to set expiries, because an append
// could then neither be done nor be refused.
func TestExpiryNeedsItsRight(t *testing.T) {
	s := redistest.Start(t)
	for right, keep := range map[string]time.Duration{"pexpire": time.Hour, "persist": 0} {
		addUser(t, s, "~*", "+@all", "-"+right)
		l, err := redislog.Open(t.Context(), asUser(s.URL()), redislog.Config{Retention: keep})
		if err == nil {
			t.Errorf("opened without %s (%v)", right, l.Close())
		} else if !strings.Contains(err.Error(), right) || strings.Contains(err.Error(), "\n") {
			t.Errorf("without %s: %q, want one line that names it", right, err)
		}
	}
}
