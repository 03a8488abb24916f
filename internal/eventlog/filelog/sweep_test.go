package filelog

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/eventlog"
)

// wallClock is a wall clock that the test sets.
type wallClock struct {
	mu   sync.Mutex
	now  time.Time
	mono time.Duration
}

func (w *wallClock) read() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *wallClock) elapsed() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mono
}

// pass lets time go by.
func (w *wallClock) pass(d time.Duration) {
	w.set(d)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mono += d
}

// set sets the wall clock ahead, or back.
func (w *wallClock) set(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

const month = 30 * 24 * time.Hour

// keeping opens a folder that keeps events for a month by the test's clock, with a
// sweeper that sweeps when the test says so.
func keeping(t *testing.T, dir string, wall *wallClock) (*Log, *sweeper) {
	t.Helper()
	l := mustOpen(t, dir, wall.read)
	l.keep, l.logger, l.clock.elapsed = month, slog.New(slog.DiscardHandler), wall.elapsed
	return l, &sweeper{log: l}
}

// wantFiles compares the folder of events.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, eventsFolder))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// wait reads behind the log's end in the background and returns how that ends.
func wait(t *testing.T, l *Log, code string, after eventlog.Offset) <-chan error {
	ended := make(chan error, 1)
	reading := make(chan struct{})
	go func() {
		close(reading)
		_, err := l.Read(t.Context(), code, after, 1, time.Minute)
		ended <- err
	}()
	<-reading
	return ended
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	wall := &wallClock{now: time.UnixMilli(1_800_000_000_000)}
	l, _ := keeping(t, dir, wall)
	for _, code := range []string{"ALIVE", "DAMAGED", "OPEN", "SHUT"} {
		mustCreate(t, l, code, "first")
	}
	mustClose(t, l)
	for _, name := range []string{"DAMAGED.log", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, eventsFolder, name), []byte("no database"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	l, w := keeping(t, dir, wall)
	head, err := l.Head(t.Context(), "OPEN")
	if err != nil {
		t.Fatal(err)
	}
	if next := w.sweepFolder(); next != sweepEvery {
		t.Errorf("next sweep after %v, want %v", next, sweepEvery)
	}
	if len(l.files) != 1 {
		t.Errorf("the sweep left %d slots, want the one in use", len(l.files))
	}
	wall.pass(month - time.Minute)
	mustAppend(t, l, "ALIVE", "second")
	if next := w.sweepFolder(); next != time.Minute {
		t.Errorf("next sweep after %v, want the minute that is left", next)
	}
	wantFiles(t, dir, "ALIVE.log", "DAMAGED.log", "OPEN.log", "SHUT.log", "notes.txt")

	waiting := wait(t, l, "OPEN", head)
	wall.pass(time.Minute)
	if next := w.sweepFolder(); next != sweepEvery {
		t.Errorf("next sweep after %v, want %v", next, sweepEvery)
	}
	wantFiles(t, dir, "ALIVE.log", "DAMAGED.log", "notes.txt")
	if err := <-waiting; !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("the waiting Read ended with %v, want ErrNotFound", err)
	}
	if _, err := l.Append(t.Context(), "OPEN", [][]byte{[]byte("late")}); !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("Append: %v, want ErrNotFound", err)
	}
	mustCreate(t, l, "OPEN", "again")
	if got := mustRead(t, l, "OPEN"); len(got) != 1 || got[0] != "again" {
		t.Errorf("records %q of the new event", got)
	}
	wall.pass(month - time.Minute)
	w.sweepFolder()
	wantFiles(t, dir, "DAMAGED.log", "OPEN.log", "notes.txt")
}

// TestSweepAfterAJump: an event that runs while its host's clock is put right is not
// taken for one that ended long ago.
func TestSweepAfterAJump(t *testing.T) {
	dir := t.TempDir()
	wall := &wallClock{now: time.UnixMilli(1_500_000_000_000)}
	l, w := keeping(t, dir, wall)
	mustCreate(t, l, "RUNS", "first")
	mustCreate(t, l, "ENDED", "first")
	w.sweepFolder()
	wall.set(10 * month)
	if next := w.sweepFolder(); next != sweepSettle {
		t.Errorf("next sweep after %v, want %v", next, sweepSettle)
	}
	wantFiles(t, dir, "ENDED.log", "RUNS.log")
	mustAppend(t, l, "RUNS", "second")
	wall.pass(sweepSettle)
	w.sweepFolder()
	wantFiles(t, dir, "RUNS.log")
}

// TestWrongClockSweepsNothing: one record from a time when the wall clock was wrong
// pushes the log's clock ahead, which makes no other event old.
func TestWrongClockSweepsNothing(t *testing.T) {
	dir := t.TempDir()
	wall := &wallClock{now: time.UnixMilli(1_800_000_000_000)}
	l, _ := keeping(t, dir, wall)
	mustCreate(t, l, "TODAY", "first")
	mustClose(t, l)
	wall.set(10 * month)
	l, _ = keeping(t, dir, wall)
	mustCreate(t, l, "FUTURE", "first")
	mustClose(t, l)

	wall.set(-10 * month)
	l, w := keeping(t, dir, wall)
	mustRead(t, l, "FUTURE")
	if now, err := l.Now(t.Context()); err != nil || now.Before(wall.read().Add(9*month)) {
		t.Fatalf("the log's clock says %v (%v), want it ahead", now, err)
	}
	w.sweepFolder()
	wantFiles(t, dir, "FUTURE.log", "TODAY.log")
}

// TestSweepAgainstAppends: whatever was appended is there, whenever the sweep came.
func TestSweepAgainstAppends(t *testing.T) {
	dir := t.TempDir()
	wall := &wallClock{now: time.UnixMilli(1_800_000_000_000)}
	l, w := keeping(t, dir, wall)
	var kept, swept int
	for i := range 200 {
		code := fmt.Sprint("RACE", i)
		mustCreate(t, l, code, "first")
		wall.pass(month)
		var at eventlog.Offset
		var err error
		var both sync.WaitGroup
		both.Go(func() { at, err = l.Append(t.Context(), code, [][]byte{[]byte("just in time")}) })
		both.Go(func() { w.checkEvent(code) })
		both.Wait()
		switch head, headErr := l.Head(t.Context(), code); {
		case err == nil && headErr == nil && head == at:
			kept++
		case errors.Is(err, eventlog.ErrNotFound) && errors.Is(headErr, eventlog.ErrNotFound):
			swept++
		default:
			t.Fatalf("Append: %v, then the head is %v, %v", err, head, headErr)
		}
	}
	if kept == 0 || swept == 0 {
		t.Logf("no race: %d kept, %d swept", kept, swept)
	}
}

// TestSweptInTime: the Log sweeps by itself, at the start and when an event is due.
func TestSweptInTime(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "OLD", "first")
	mustClose(t, l)

	l, err := Open(dir, Config{Retention: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, l)
	for _, code := range []string{"OLD", "NEW"} {
		if code == "NEW" {
			mustCreate(t, l, code, "first")
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
			if _, err := l.Head(t.Context(), code); errors.Is(err, eventlog.ErrNotFound) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is still there", code)
			}
		}
	}
}
