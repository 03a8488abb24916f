package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/eventlog"
)

func testReadSplits(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "0")
	want := []string{"0"}
	for i := 1; i < 11; i++ {
		want = append(want, fmt.Sprint(i))
		mustAppend(t, s.log, code, fmt.Sprint(i))
	}
	whole := readAll(t, s.log, code, 1000)
	if diff := cmp.Diff(want, texts(whole)); diff != "" {
		t.Fatalf("records (-want +got):\n%s", diff)
	}
	for _, size := range []int{1, 2, 3, 10, 11, 12} {
		if diff := cmp.Diff(whole, readAll(t, s.log, code, size)); diff != "" {
			t.Errorf("read by %d (-whole +split):\n%s", size, diff)
		}
	}
	for i, r := range whole {
		rest, err := s.log.Read(testContext(t), code, r.Offset, 1000, 0)
		if err != nil {
			t.Fatalf("Read after %v: %v", r.Offset, err)
		}
		if diff := cmp.Diff(texts(whole[i+1:]), texts(rest)); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", r.Offset, diff)
		}
	}
	// An offset that no record has is still a place between records.
	between := whole[4].Offset
	between.Seq += 1 << 40
	rest, err := s.log.Read(testContext(t), code, between, 1, 0)
	if err != nil || len(rest) > 1 {
		t.Fatalf("Read after %v = %d records, %v", between, len(rest), err)
	}
	for _, r := range rest {
		if r.Offset.Compare(between) <= 0 {
			t.Errorf("Read after %v returned %v", between, r.Offset)
		}
	}
}

func testReadInvalidMax(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	for _, max := range []int{0, -1} {
		if got, err := s.log.Read(testContext(t), code, eventlog.Offset{}, max, 0); err == nil {
			t.Errorf("Read of at most %d returned %d records, want an error", max, len(got))
		}
	}
}

func testReadWaitExpires(t *testing.T, s *store) {
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	future := eventlog.Offset{Ms: head.Ms + 1<<50}
	for _, after := range []eventlog.Offset{head, future} {
		for _, wait := range []time.Duration{-time.Second, 0, time.Microsecond, 30 * time.Millisecond, 1100 * time.Millisecond} {
			start := time.Now()
			got, err := s.log.Read(testContext(t), code, after, 10, wait)
			if err != nil || len(got) != 0 {
				t.Errorf("Read after %v, wait %v = %d records, %v, want none", after, wait, len(got), err)
			}
			if took := time.Since(start); took < wait-5*time.Millisecond {
				t.Errorf("Read after %v waited %v, want %v", after, took, wait)
			}
		}
	}
}

// reading is a Read in a goroutine of its own.
type reading struct {
	records []eventlog.Record
	err     error
}

// startRead starts a Read that has to wait. Callers cannot see when it has begun to wait,
// so their tests must pass however early they act.
func startRead(ctx context.Context, l eventlog.Log, code string, after eventlog.Offset) <-chan reading {
	done := make(chan reading, 1)
	go func() {
		records, err := l.Read(ctx, code, after, 10, 2*patience)
		done <- reading{records, err}
	}()
	return done
}

func await(t *testing.T, done <-chan reading) reading {
	t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		t.Fatal("the Read did not return")
		return reading{}
	}
}

func testReadWokenByAppend(t *testing.T, s *store) {
	code := code(t, "")
	after := mustCreate(t, s.log, code, "first")
	appender := s.log
	if s.Shared {
		appender = s.open(t, 0)
	}
	for i := range 20 {
		text := fmt.Sprint(i)
		one, other := startRead(t.Context(), s.log, code, after), startRead(t.Context(), s.log, code, after)
		if i%2 == 1 {
			// Give them time to begin waiting: the time of a Read that expires.
			if _, err := s.log.Read(testContext(t), code, after, 1, 5*time.Millisecond); err != nil {
				t.Fatalf("Read: %v", err)
			}
		}
		at := mustAppend(t, appender, code, text)
		for _, r := range []reading{await(t, one), await(t, other)} {
			want := []eventlog.Record{{Offset: at, Data: []byte(text)}}
			if diff := cmp.Diff(want, r.records); r.err != nil || diff != "" {
				t.Fatalf("woken Read: error %v, records (-want +got):\n%s", r.err, diff)
			}
		}
		after = at
	}
}

func testReadEndedByCancel(t *testing.T, s *store) {
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	ctx, cancel := context.WithCancel(t.Context())
	done := startRead(ctx, s.log, code, head)
	if _, err := s.log.Read(testContext(t), code, head, 1, 5*time.Millisecond); err != nil {
		t.Fatalf("Read: %v", err)
	}
	cancel()
	wantError(t, "cancelled Read", await(t, done).err, context.Canceled)
	_, err := s.log.Read(ctx, code, head, 1, patience)
	wantError(t, "Read with a cancelled context", err, context.Canceled)
	mustAppend(t, s.log, code, "still works")
}

func testReadEndedByClose(t *testing.T, s *store) {
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	done := startRead(t.Context(), s.log, code, head)
	if _, err := s.log.Read(testContext(t), code, head, 1, 5*time.Millisecond); err != nil {
		t.Fatalf("Read: %v", err)
	}
	if err := s.log.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	wantError(t, "Read during Close", await(t, done).err, eventlog.ErrClosed)
}

func testReadEndedByDelete(t *testing.T, s *store) {
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	done := startRead(t.Context(), s.log, code, head)
	if _, err := s.log.Read(testContext(t), code, head, 1, 5*time.Millisecond); err != nil {
		t.Fatalf("Read: %v", err)
	}
	if err := s.log.Delete(testContext(t), code); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	wantError(t, "Read of a log that was deleted during the wait", await(t, done).err, eventlog.ErrNotFound)
}

func testHeadAndAt(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	mustAppend(t, s.log, code, "a", "b")
	mustAppend(t, s.log, code, "c")
	all := readAll(t, s.log, code, 10)
	for _, r := range all {
		if data, err := s.log.At(testContext(t), code, r.Offset); err != nil || string(data) != string(r.Data) {
			t.Errorf("At(%v) = %q, %v, want %q", r.Offset, data, err, r.Data)
		}
	}
	head, err := s.log.Head(testContext(t), code)
	if last := all[len(all)-1].Offset; err != nil || head != last {
		t.Errorf("Head = %v, %v, want %v", head, err, last)
	}
	for _, nowhere := range []eventlog.Offset{{}, {Ms: head.Ms, Seq: head.Seq + 1}, {Ms: head.Ms + 1}} {
		if data, err := s.log.At(testContext(t), code, nowhere); err != nil || data != nil {
			t.Errorf("At(%v) = %q, %v, want nothing", nowhere, data, err)
		}
	}
}

// testClosed: every method of a closed store returns ErrClosed, each time.
func testClosed(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	for range 2 {
		if err := s.log.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	ctx := testContext(t)
	for what, call := range map[string]func() error{
		"Create":     func() error { _, err := s.log.Create(ctx, code, []byte("x")); return err },
		"Append":     func() error { _, err := s.log.Append(ctx, code, payloads("x")); return err },
		"Read":       func() error { _, err := s.log.Read(ctx, code, eventlog.Offset{}, 1, 0); return err },
		"At":         func() error { _, err := s.log.At(ctx, code, eventlog.Offset{}); return err },
		"Head":       func() error { _, err := s.log.Head(ctx, code); return err },
		"Delete":     func() error { return s.log.Delete(ctx, code) },
		"Now":        func() error { _, err := s.log.Now(ctx); return err },
		"SigningKey": func() error { _, err := s.log.SigningKey(ctx); return err },
		"Announce":   func() error { _, err := s.log.Announce(ctx, code, "n", 1); return err },
		"Ping":       func() error { return s.log.Ping(ctx) },
	} {
		if err := call(); !errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("%s on a closed Log: %v, want ErrClosed", what, err)
		}
	}
}
