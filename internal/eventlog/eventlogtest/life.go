package eventlogtest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/eventlog"
)

func testDeleteEndsAll(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	mustAppend(t, s.log, code, "a", "b")
	if _, err := s.log.Announce(testContext(t), code, "node", 3); err != nil {
		t.Fatalf("Announce: %v", err)
	}
	if err := s.log.Delete(testContext(t), code); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	wantNoLog(t, s.log, code)
	if s.Shared {
		wantNoLog(t, s.open(t, 0), code)
	}
}

func testCreateAgain(t *testing.T, s *store) {
	code := code(t, "")
	for life := range 3 {
		want := []string{fmt.Sprint("first of life ", life), fmt.Sprint("next of life ", life)}
		mustCreate(t, s.log, code, want[0])
		mustAppend(t, s.log, code, want[1])
		if diff := cmp.Diff(want, texts(readAll(t, s.log, code, 10))); diff != "" {
			t.Errorf("life %d (-want +got):\n%s", life, diff)
		}
		if err := s.log.Delete(testContext(t), code); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
}

// testEventsApart: a change of one event does not show in another.
func testEventsApart(t *testing.T, s *store) {
	const events = 20
	var wg sync.WaitGroup
	for e := range events {
		code := code(t, fmt.Sprint(e))
		wg.Go(func() {
			want := []string{fmt.Sprint("first of ", e)}
			if _, err := s.log.Create(testContext(t), code, []byte(want[0])); err != nil {
				t.Errorf("Create: %v", err)
				return
			}
			for i := range 5 {
				text := fmt.Sprint(e, ":", i)
				want = append(want, text)
				if _, err := s.log.Append(testContext(t), code, payloads(text)); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
			got, err := s.log.Read(testContext(t), code, eventlog.Offset{}, 100, 0)
			if diff := cmp.Diff(want, texts(got)); err != nil || diff != "" {
				t.Errorf("event %d: error %v, records (-want +got):\n%s", e, err, diff)
			}
			if e%2 == 1 {
				if err := s.log.Delete(testContext(t), code); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for e := range events {
		if code := code(t, fmt.Sprint(e)); e%2 == 1 {
			wantNoLog(t, s.log, code)
		} else if got := readAll(t, s.log, code, 10); len(got) != 6 {
			t.Errorf("event %d: %d records, want 6", e, len(got))
		}
	}
}

func testReopen(t *testing.T, s *store) {
	kept, gone := code(t, "kept"), code(t, "gone")
	mustCreate(t, s.log, kept, "first")
	mustAppend(t, s.log, kept, "a", "b")
	mustCreate(t, s.log, gone, "first")
	if err := s.log.Delete(testContext(t), gone); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	want := readAll(t, s.log, kept, 10)
	key, err := s.log.SigningKey(testContext(t))
	if err != nil {
		t.Fatalf("SigningKey: %v", err)
	}
	if err := s.log.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}

	l := s.open(t, 0)
	if head, err := l.Head(testContext(t), kept); err != nil || head != want[2].Offset {
		t.Errorf("Head = %v, %v, want %v", head, err, want[2].Offset)
	}
	if diff := cmp.Diff(want, readAll(t, l, kept, 10)); diff != "" {
		t.Errorf("records (-before +after):\n%s", diff)
	}
	if again, err := l.SigningKey(testContext(t)); err != nil || !bytes.Equal(again, key) {
		t.Errorf("the signing key is another one now (error %v)", err)
	}
	wantNoLog(t, l, gone)
	_, err = l.Create(testContext(t), kept, []byte("x"))
	wantError(t, "Create", err, eventlog.ErrExists)
	if at := mustAppend(t, l, kept, "c"); at.Compare(want[2].Offset) <= 0 {
		t.Errorf("offset %v does not rise after %v", at, want[2].Offset)
	}
}

func testSigningKey(t *testing.T, s *store) {
	logs := []eventlog.Store{s.log, s.log}
	if s.Shared {
		logs = append(logs, s.open(t, 0), s.open(t, 0))
	}
	keys := make([][]byte, len(logs))
	var wg sync.WaitGroup
	for i, l := range logs {
		wg.Go(func() {
			var err error
			if keys[i], err = l.SigningKey(testContext(t)); err != nil {
				t.Errorf("SigningKey: %v", err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != 32 || !bytes.Equal(k, keys[0]) {
			t.Errorf("keys of %d and %d bytes, want the same 32 for all", len(k), len(keys[0]))
		}
	}
	if bytes.Equal(keys[0], make([]byte, 32)) {
		t.Error("the key is all zero")
	}
}

// testClockAndPing: the clock is the one that offsets carry.
func testClockAndPing(t *testing.T, s *store) {
	if err := s.log.Ping(testContext(t)); err != nil {
		t.Errorf("Ping: %v", err)
	}
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	before, err := s.log.Now(testContext(t))
	if err != nil {
		t.Fatalf("Now: %v", err)
	}
	at := mustAppend(t, s.log, code, "now")
	after, err := s.log.Now(testContext(t))
	if err != nil {
		t.Fatalf("Now: %v", err)
	}
	// The clocks of Cluster nodes on one machine may be rounded differently.
	const slack = 5 * time.Millisecond
	told := time.UnixMilli(int64(at.Ms))
	if told.Before(before.Add(-slack)) || told.After(after.Add(slack)) {
		t.Errorf("a record appended between %v and %v says %v", before, after, told)
	}
}

func testAnnounce(t *testing.T, s *store) {
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	tell := func(l eventlog.Store, node string, phones, want int) {
		t.Helper()
		if got, err := l.Announce(testContext(t), code, node, phones); err != nil || got != want {
			t.Errorf("Announce(%s, %d) = %d, %v, want %d", node, phones, got, err, want)
		}
	}
	tell(s.log, "one", 0, 0)
	tell(s.log, "one", 5, 5)
	tell(s.log, "one", 7, 7)
	if s.Shared {
		other := s.open(t, 0)
		tell(other, "two", 3, 10)
		tell(s.log, "one", 6, 9)
		tell(s.log, "one", 0, 3)
		tell(other, "two", 0, 0)
	}
}

// testMeasure: a measurement has figures, and changes neither the event's log nor others.
func testMeasure(t *testing.T, s *store) {
	code := code(t, "")
	head := mustCreate(t, s.log, code, "first")
	for _, c := range []string{code, ""} {
		m, err := s.log.Measure(testContext(t), c)
		if err != nil || m.Appends < 1 || m.Median <= 0 || m.Worst < m.Median {
			t.Errorf("Measure(%q) = %+v, %v", c, m, err)
		}
	}
	if got, err := s.log.Head(testContext(t), code); err != nil || got != head {
		t.Errorf("Head = %v, %v, want %v", got, err, head)
	}
	wantNoLog(t, s.log, "measure")
}
