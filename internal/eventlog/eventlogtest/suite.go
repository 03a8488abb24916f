package eventlogtest

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// Store is a store under test.
type Store struct {
	// Open opens the store, with events kept for retention after their last append (0: for
	// ever). After a Close it opens the same store again. The caller closes it.
	Open func(t *testing.T, retention time.Duration) eventlog.Store
	// Shared: the store may be open several times at once.
	Shared bool
}

// patience bounds every wait for something that has to happen. It is long because it only
// decides how late a failure is reported.
const patience = 20 * time.Second

// Run runs the suite, each test on a store that newStore returns. newStore may return the
// same one each time: every test uses a code of its own. The tests run in parallel.
func Run(t *testing.T, newStore func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s *store)
	}{
		{"CreateOnce", testCreateOnce},
		{"CreateRace", testCreateRace},
		{"UnknownCode", testUnknownCode},
		{"AppendOrder", testAppendOrder},
		{"AppendConcurrent", testAppendConcurrent},
		{"AppendNothing", testAppendNothing},
		{"LargeAndEmptyRecords", testLargeAndEmptyRecords},
		{"OwnedData", testOwnedData},
		{"ReadSplits", testReadSplits},
		{"ReadInvalidMax", testReadInvalidMax},
		{"ReadWaitExpires", testReadWaitExpires},
		{"ReadWokenByAppend", testReadWokenByAppend},
		{"ReadEndedByCancel", testReadEndedByCancel},
		{"ReadEndedByClose", testReadEndedByClose},
		{"ReadEndedByDelete", testReadEndedByDelete},
		{"HeadAndAt", testHeadAndAt},
		{"DeleteEndsAll", testDeleteEndsAll},
		{"CreateAgain", testCreateAgain},
		{"EventsApart", testEventsApart},
		{"Reopen", testReopen},
		{"SigningKey", testSigningKey},
		{"ClockAndPing", testClockAndPing},
		{"Announce", testAnnounce},
		{"Measure", testMeasure},
		{"Closed", testClosed},
		{"Expiry", testExpiry},
		{"ExpiryEndsRead", testExpiryEndsRead},
		{"KeptForEver", testKeptForEver},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &store{Store: newStore(t)}
			s.log = s.open(t, 0)
			c.test(t, s)
		})
	}
}

// store is a Store in one test, opened once.
type store struct {
	Store
	log eventlog.Store
}

func (s *store) open(t *testing.T, retention time.Duration) eventlog.Store {
	t.Helper()
	l := s.Open(t, retention)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

// code returns an event code of the test's own, which no other test uses.
func code(t *testing.T, which string) string {
	sum := sha256.Sum256([]byte(t.Name() + "/" + which))
	return strings.TrimRight(base32.StdEncoding.EncodeToString(sum[:10]), "=")
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func mustCreate(t *testing.T, l eventlog.Log, code, first string) eventlog.Offset {
	t.Helper()
	at, err := l.Create(testContext(t), code, []byte(first))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return at
}

func mustAppend(t *testing.T, l eventlog.Log, code string, records ...string) eventlog.Offset {
	t.Helper()
	at, err := l.Append(testContext(t), code, payloads(records...))
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return at
}

// readAll reads from the start in pieces of at most size records and checks that
// offsets rise and pieces keep to the size.
func readAll(t *testing.T, l eventlog.Log, code string, size int) []eventlog.Record {
	t.Helper()
	var all []eventlog.Record
	var after eventlog.Offset
	for {
		piece, err := l.Read(testContext(t), code, after, size, 0)
		if err != nil {
			t.Fatalf("Read after %v: %v", after, err)
		}
		if len(piece) == 0 {
			return all
		}
		if len(piece) > size {
			t.Fatalf("Read after %v returned %d records, want at most %d", after, len(piece), size)
		}
		for _, r := range piece {
			if r.Offset.Compare(after) <= 0 {
				t.Fatalf("offset %v does not rise after %v", r.Offset, after)
			}
			after = r.Offset
		}
		all = append(all, piece...)
	}
}

func payloads(records ...string) [][]byte {
	out := make([][]byte, len(records))
	for i, r := range records {
		out[i] = []byte(r)
	}
	return out
}

func texts(records []eventlog.Record) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = string(r.Data)
	}
	return out
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// wantNoLog asserts that no method finds a log under the code.
func wantNoLog(t *testing.T, l eventlog.Log, code string) {
	t.Helper()
	ctx := testContext(t)
	_, err := l.Append(ctx, code, payloads("x"))
	wantError(t, "Append", err, eventlog.ErrNotFound)
	_, err = l.Append(ctx, code, payloads("x", "y"))
	wantError(t, "Append of two", err, eventlog.ErrNotFound)
	_, err = l.Append(ctx, code, nil)
	wantError(t, "Append of none", err, eventlog.ErrNotFound)
	_, err = l.Read(ctx, code, eventlog.Offset{}, 10, 0)
	wantError(t, "Read", err, eventlog.ErrNotFound)
	_, err = l.Read(ctx, code, eventlog.Offset{}, 10, time.Millisecond)
	wantError(t, "Read with wait", err, eventlog.ErrNotFound)
	_, err = l.At(ctx, code, eventlog.Offset{Seq: 1})
	wantError(t, "At", err, eventlog.ErrNotFound)
	_, err = l.Head(ctx, code)
	wantError(t, "Head", err, eventlog.ErrNotFound)
	wantError(t, "Delete", l.Delete(ctx, code), eventlog.ErrNotFound)
}
