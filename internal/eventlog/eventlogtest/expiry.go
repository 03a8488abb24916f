package eventlogtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// inTime runs a test that has to be faster than the retention that it is given. If the
// machine stood still for too long (stood), the result says nothing, and the test runs
// again with twice the retention.
func inTime(t *testing.T, test func(retention time.Duration) (stood time.Duration)) {
	t.Helper()
	for retention := time.Second; ; retention *= 2 {
		stood := test(retention)
		if stood == 0 {
			return
		}
		if retention > 5*time.Second { // the next would not fit into patience
			t.Fatalf("this machine stood still for %v: the test says nothing", stood)
		}
	}
}

// slack is how much the clocks of offsets and of expiry may differ: both are rounded to a
// millisecond, and so is the difference between nodes of a Cluster on one machine.
const slack = 5 * time.Millisecond

// reopen closes the store and opens it with another retention.
func (s *store) reopen(t *testing.T, retention time.Duration) {
	t.Helper()
	if err := s.log.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	s.log = s.open(t, retention)
}

func (s *store) now(t *testing.T) time.Time {
	t.Helper()
	now, err := s.log.Now(testContext(t))
	if err != nil {
		t.Fatalf("Now: %v", err)
	}
	return now
}

// untilExpired waits until there is no log under the code, and returns the log's time just
// before and just after it saw that.
func (s *store) untilExpired(t *testing.T, code string) (before, after time.Time) {
	t.Helper()
	ctx := testContext(t)
	for {
		before = s.now(t)
		_, err := s.log.Head(ctx, code)
		if errors.Is(err, eventlog.ErrNotFound) {
			return before, s.now(t)
		}
		if err != nil {
			t.Fatalf("the event does not expire: %v", err)
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the event does not expire")
		}
	}
}

// testExpiry: appends prolong an event's life. When the retention has passed after the last
// of them, the event is gone with everything stored for it, and its code is free.
func testExpiry(t *testing.T, s *store) {
	inTime(t, func(retention time.Duration) time.Duration { return expires(t, s, retention) })
}

func expires(t *testing.T, s *store, retention time.Duration) (stood time.Duration) {
	t.Helper()
	s.reopen(t, retention)
	code := code(t, "")
	born := s.now(t)
	mustCreate(t, s.log, code, "first")
	last := born
	for n := 0; last.Before(born.Add(retention * 3 / 2)); n++ {
		time.Sleep(retention / 50) // there is no need to hurry the disk
		// One record and several take different paths.
		at, err := s.log.Append(testContext(t), code, payloads([]string{"a", "b"}[:1+n%2]...))
		if err != nil {
			if gap := s.now(t).Sub(last); errors.Is(err, eventlog.ErrNotFound) && gap >= retention-slack {
				return gap
			}
			t.Fatalf("Append, %v after the creation: %v", last.Sub(born), err)
		}
		last = time.UnixMilli(int64(at.Ms))
	}
	// Announcing phones prolongs nothing.
	if _, err := s.log.Announce(testContext(t), code, "node", 3); err != nil {
		t.Fatalf("Announce: %v", err)
	}
	if _, after := s.untilExpired(t, code); after.Before(last.Add(retention - slack)) {
		t.Errorf("gone %v after the last append, want %v", after.Sub(last), retention)
	}
	wantNoLog(t, s.log, code)
	mustCreate(t, s.log, code, "again")
	if got := texts(readAll(t, s.log, code, 10)); len(got) != 1 || got[0] != "again" {
		t.Errorf("records %q of the new event, want its first alone", got)
	}
	return 0
}

// testExpiryEndsRead: a Read that waits for the next record learns that the event expired.
func testExpiryEndsRead(t *testing.T, s *store) {
	s.reopen(t, time.Second)
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := s.log.Read(ctx, code, head, 1, patience)
	wantError(t, "waiting Read", err, eventlog.ErrNotFound)
}

// testKeptForEver: the next append of a store that keeps events for ever removes an expiry.
func testKeptForEver(t *testing.T, s *store) {
	inTime(t, func(retention time.Duration) time.Duration { return keptForEver(t, s, retention) })
}

func keptForEver(t *testing.T, s *store, retention time.Duration) (stood time.Duration) {
	t.Helper()
	s.reopen(t, retention)
	code := code(t, "")
	born := s.now(t)
	mustCreate(t, s.log, code, "first")
	s.reopen(t, 0)
	if _, err := s.log.Append(testContext(t), code, payloads("second")); err != nil {
		gap := s.now(t).Sub(born)
		if errors.Is(err, eventlog.ErrNotFound) && gap >= retention-slack {
			return gap
		}
		t.Fatalf("Append, %v after the creation: %v", gap, err)
	}
	for ctx := testContext(t); s.now(t).Before(born.Add(retention * 3 / 2)); {
		select {
		case <-time.After(retention / 10):
		case <-ctx.Done():
			t.Fatal("the log's clock stands still")
		}
	}
	if got := texts(readAll(t, s.log, code, 10)); len(got) != 2 {
		t.Errorf("records %q, want both", got)
	}
	return 0
}
