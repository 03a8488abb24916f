package filelog

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

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
		if s.snapshot().file != nil {
			open++
		}
	}
	if open > idle || len(l.idle) > idle {
		t.Errorf("%d files open, %d slots idle, want at most %d", open, len(l.idle), idle)
	}
}

// TestFileCutUnderUs: the file shrinks while it is open, so that records are missing.
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

// TestFileGone: a file that somebody removes under us takes no more appends, and its readers
// learn of it.
func TestFileGone(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	head := mustCreate(t, l, "ABC234", "first")
	waiting := wait(t, l, "ABC234", head)
	if err := os.Remove(eventPath(dir, "ABC234")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), "ABC234", [][]byte{[]byte("lost")}); !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("Append: %v, want ErrNotFound", err)
	}
	if err := <-waiting; !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("the waiting Read ended with %v, want ErrNotFound", err)
	}
	mustCreate(t, l, "ABC234", "again")
	if got := mustRead(t, l, "ABC234"); len(got) != 1 || got[0] != "again" {
		t.Errorf("records %q, want the new one", got)
	}
}

// TestFileReplaced: a backup that is put in the place of the open file is read from then on.
func TestFileReplaced(t *testing.T) {
	dir := t.TempDir()
	path := eventPath(dir, "ABC234")
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "ABC234", "first")
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := mustAppend(t, l, "ABC234", "second")
	if err := os.WriteFile(path+".new", backup, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if data, err := l.At(t.Context(), "ABC234", head); err != nil || data != nil {
		t.Errorf("At the lost record: %q, %v, want nothing", data, err)
	}
	if at := mustAppend(t, l, "ABC234", "third"); at.Compare(head) < 0 {
		t.Errorf("offset %v fell behind %v", at, head)
	}
	mustClose(t, l)
	l = mustOpen(t, dir, nil)
	if got := mustRead(t, l, "ABC234"); strings.Join(got, " ") != "first third" {
		t.Errorf("records %q, want first and third", got)
	}
}

// TestFailedSync: an append whose sync failed is undone, and refused; while that fails too,
// its outcome is unknown, nothing else is appended, and readers see what is durable.
func TestFailedSync(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	head := mustCreate(t, l, "ABC234", "first")
	broken := errors.New("the sync failed")
	failures := 1
	l.sync = func(f *os.File) error {
		if failures--; failures >= 0 {
			return broken
		}
		return syncData(f)
	}
	try := func(refused bool) {
		t.Helper()
		_, err := l.Append(t.Context(), "ABC234", [][]byte{[]byte("failed")})
		if !errors.Is(err, broken) || errors.Is(err, eventlog.ErrRefused) != refused {
			t.Errorf("Append: %v, want the reason, refused: %v", err, refused)
		}
		if got, err := l.Head(t.Context(), "ABC234"); err != nil || got != head {
			t.Errorf("Head = %v, %v, want %v", got, err, head)
		}
	}
	try(true)
	failures = 3
	try(false) // and its undoing
	try(false) // the undoing again
	head = mustAppend(t, l, "ABC234", "second")
	mustClose(t, l)
	l = mustOpen(t, dir, nil)
	if got := mustRead(t, l, "ABC234"); strings.Join(got, " ") != "first second" {
		t.Errorf("records %q, want the first and the second", got)
	}
}

// TestIndex: reads in order, by several readers at once, and at the end begin where their
// records are.
func TestIndex(t *testing.T) {
	l := mustOpen(t, t.TempDir(), nil)
	var at, before [3]eventlog.Offset
	mustCreate(t, l, "ABC234", strings.Repeat("x", 20_000))
	for i := range 60 {
		mustAppend(t, l, "ABC234", strings.Repeat("x", 20_000), fmt.Sprint(i))
	}
	for i := range 60 {
		head := mustAppend(t, l, "ABC234", "more")
		for r := range at {
			s := l.files["ABC234"].snapshot()
			if from := s.findMark(at[r]); from.after.Compare(before[r]) < 0 {
				t.Errorf("round %d: the read after %v begins at byte %d, behind %v", i, at[r], from.pos, from.after)
			}
			before[r] = at[r]
			got, err := l.Read(t.Context(), "ABC234", at[r], 1, 0)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d records, %v", len(got), err)
			}
			got, err = l.Read(t.Context(), "ABC234", got[0].Offset, 1, 0)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d records, %v", len(got), err)
			}
			if at[r] = got[0].Offset; r == 0 {
				if got, err := l.At(t.Context(), "ABC234", head); err != nil || string(got) != "more" {
					t.Errorf("At the head: %q, %v", got, err)
				}
			}
		}
	}
}
