package boltlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"drumroll/internal/eventlog"
)

func TestClockGoingBackwards(t *testing.T) {
	now := time.UnixMilli(5000)
	clock := func() time.Time { return now }
	dir := t.TempDir()
	l := mustOpen(t, dir, clock)
	check := func(got, want eventlog.Offset) {
		t.Helper()
		if got != want {
			t.Errorf("offset %v, want %v", got, want)
		}
	}
	check(mustCreate(t, l, "ABC234", "a"), eventlog.Offset{Ms: 5000})
	check(mustAppend(t, l, "ABC234", "b"), eventlog.Offset{Ms: 5000, Seq: 1})
	now = time.UnixMilli(6000)
	check(mustAppend(t, l, "ABC234", "c", "d", "e"), eventlog.Offset{Ms: 6000, Seq: 2})
	now = time.UnixMilli(1000)
	check(mustAppend(t, l, "ABC234", "f"), eventlog.Offset{Ms: 6000, Seq: 3})
	mustClose(t, l)
	now = time.UnixMilli(-1000)
	l = mustOpen(t, dir, clock)
	check(mustAppend(t, l, "ABC234", "g"), eventlog.Offset{Ms: 6000, Seq: 4})
	now = time.UnixMilli(6001)
	check(mustAppend(t, l, "ABC234", "h"), eventlog.Offset{Ms: 6001})
	if got := strings.Join(mustRead(t, l, "ABC234"), ""); got != "abcdefgh" {
		t.Errorf("records %q, want abcdefgh", got)
	}
}

// TestUnusedFilesAreClosed: more events than files may stay open, used from many
// goroutines, and the one that is waited on stays open throughout.
func TestUnusedFilesAreClosed(t *testing.T) {
	const events, idle = 30, 3
	l, err := open(t.TempDir(), Config{}, newClock(), idle)
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, l)
	code := func(e int) string { return fmt.Sprintf("EVENT%d", e) }
	head := mustCreate(t, l, "WAITED", "first")
	woken := make(chan error, 1)
	go func() {
		got, err := l.Read(t.Context(), "WAITED", head, 1, time.Minute)
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("%d records, want 1", len(got))
		}
		woken <- err
	}()
	for e := range events {
		mustCreate(t, l, code(e), "first")
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for e := range events {
				if _, err := l.Append(t.Context(), code((e+g*7)%events), [][]byte{[]byte("x")}); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	mustAppend(t, l, "WAITED", "second")
	if err := <-woken; err != nil {
		t.Errorf("waiting Read: %v", err)
	}
	for e := range events {
		if got := mustRead(t, l, code(e)); len(got) != 5 {
			t.Errorf("event %d has %d records, want 5", e, len(got))
		}
	}
	open := 0
	for _, s := range l.files {
		if s.db.Load() != nil {
			open++
		}
	}
	if open > idle || l.idle.Len() > idle {
		t.Errorf("%d files open, %d slots idle, want at most %d", open, l.idle.Len(), idle)
	}
}

// TestDamage: a damaged file stops its event with ErrCorrupt, whatever is damaged,
// leaves other events alone, and can still be deleted.
func TestDamage(t *testing.T) {
	whole := func(path string, t *testing.T) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	pages := func(fill byte, from int) func([]byte) []byte {
		return func(b []byte) []byte {
			for i := from; i < len(b); i++ {
				b[i] = fill
			}
			return b
		}
	}
	for name, damage := range map[string]func([]byte) []byte{
		"empty":           func([]byte) []byte { return nil },
		"text":            func([]byte) []byte { return []byte("not a database") },
		"zeros":           pages(0, 0),
		"pages of zeros":  pages(0, 2*os.Getpagesize()),
		"pages of ones":   pages(0xff, 2*os.Getpagesize()),
		"metas only":      func(b []byte) []byte { return b[:2*os.Getpagesize()] },
		"one page":        func(b []byte) []byte { return b[:os.Getpagesize()] },
		"three pages":     func(b []byte) []byte { return b[:3*os.Getpagesize()] },
		"half":            func(b []byte) []byte { return b[:len(b)/2] },
		"flipped payload": func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "payload 7", "payload 8")) },
		"flipped offset": func(b []byte) []byte {
			old := string(binary.BigEndian.AppendUint64(nil, 7000))
			return []byte(strings.ReplaceAll(string(b), old, string(binary.BigEndian.AppendUint64(nil, 7001))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ms int64
			clock := func() time.Time { ms += 1000; return time.UnixMilli(ms) }
			dir := t.TempDir()
			l := mustOpen(t, dir, clock)
			mustCreate(t, l, "GOOD22", "first")
			mustCreate(t, l, "BAD222", "first")
			for i := range 40 {
				mustAppend(t, l, "BAD222", fmt.Sprintf("payload %d %s", i, strings.Repeat("x", 500)))
			}
			mustClose(t, l)
			path := eventPath(dir, "BAD222")
			if err := os.WriteFile(path, damage(whole(path, t)), 0o600); err != nil {
				t.Fatal(err)
			}

			l = mustOpen(t, dir, clock)
			for range 2 {
				_, err := l.Read(t.Context(), "BAD222", eventlog.Offset{}, 1000, 0)
				if !errors.Is(err, eventlog.ErrCorrupt) || !strings.Contains(err.Error(), path) {
					t.Errorf("Read: %v, want ErrCorrupt and the file's name", err)
				}
			}
			mustAppend(t, l, "GOOD22", "second")
			if err := l.Delete(t.Context(), "BAD222"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			mustCreate(t, l, "BAD222", "again")
			if got := mustRead(t, l, "BAD222"); len(got) != 1 || got[0] != "again" {
				t.Errorf("records %q after deleting and creating again", got)
			}
		})
	}
}

// TestFileCutUnderUs: the file shrinks while it is open, so that the memory map
// faults.
func TestFileCutUnderUs(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "ABC234", "first")
	for range 40 {
		mustAppend(t, l, "ABC234", strings.Repeat("x", 1000))
	}
	if err := os.Truncate(eventPath(dir, "ABC234"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := l.Read(t.Context(), "ABC234", eventlog.Offset{}, 1000, 0)
	if !errors.Is(err, eventlog.ErrCorrupt) {
		t.Errorf("Read: %v, want ErrCorrupt", err)
	}
	_, err = l.Append(t.Context(), "ABC234", [][]byte{[]byte("x")})
	if !errors.Is(err, eventlog.ErrCorrupt) || errors.Is(err, eventlog.ErrRefused) {
		t.Errorf("Append: %v, want ErrCorrupt", err)
	}
	if err := l.Delete(t.Context(), "ABC234"); err != nil {
		t.Errorf("Delete: %v", err)
	}
}

// TestSettledCommit: a commit that failed after all was written is found in the
// file, made durable and told as done.
func TestSettledCommit(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	before := mustCreate(t, l, "ABC234", "first")
	s := l.files["ABC234"]
	if err := s.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, err := appendRecords(s.db.Load(), before, time.Now(), [][]byte{[]byte("second")})
	if err != nil {
		t.Fatal(err)
	}
	at, err := s.afterFailure(before, last, errors.New("the sync failed"))
	s.unlock()
	if err != nil || at != last {
		t.Errorf("afterFailure = %v, %v, want %v", at, err, last)
	}
	if got := mustRead(t, l, "ABC234"); len(got) != 2 {
		t.Errorf("records %q, want both", got)
	}
	if head, err := l.Head(t.Context(), "ABC234"); err != nil || head != last {
		t.Errorf("Head = %v, %v, want %v", head, err, last)
	}
}

// TestUnwrittenCommit: a commit of which nothing is in the file was refused.
func TestUnwrittenCommit(t *testing.T) {
	l := mustOpen(t, t.TempDir(), nil)
	before := mustCreate(t, l, "ABC234", "first")
	s := l.files["ABC234"]
	if err := s.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	abandoned := errors.New("abandoned")
	err := s.db.Load().Update(func(*bolt.Tx) error { return abandoned })
	if !errors.Is(err, abandoned) {
		t.Fatal(err)
	}
	_, err = s.afterFailure(before, nextOffset(before, time.Now()), err)
	s.unlock()
	if !errors.Is(err, eventlog.ErrRefused) || !errors.Is(err, abandoned) {
		t.Errorf("afterFailure: %v, want ErrRefused and the reason", err)
	}
	mustAppend(t, l, "ABC234", "second")
	if got := mustRead(t, l, "ABC234"); len(got) != 2 || got[1] != "second" {
		t.Errorf("records %q, want the first and the second", got)
	}
}
