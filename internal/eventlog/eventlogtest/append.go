package eventlogtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/eventlog"
)

func testCreateOnce(t *testing.T, s *store) {
	code := code(t, "")
	first := mustCreate(t, s.log, code, "first")
	if first == (eventlog.Offset{}) {
		t.Error("the first record's offset is zero")
	}
	_, err := s.log.Create(testContext(t), code, []byte("second"))
	wantError(t, "second Create", err, eventlog.ErrExists)
	mustAppend(t, s.log, code, "next")
	_, err = s.log.Create(testContext(t), code, []byte("third"))
	wantError(t, "third Create", err, eventlog.ErrExists)
	if diff := cmp.Diff([]string{"first", "next"}, texts(readAll(t, s.log, code, 10))); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func testCreateRace(t *testing.T, s *store) {
	const racers = 8
	logs := []eventlog.Store{s.log}
	if s.Shared {
		logs = append(logs, s.open(t, 0))
	}
	for round := range 5 {
		code := code(t, fmt.Sprint(round))
		errs := make([]error, racers)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range racers {
			wg.Go(func() {
				<-start
				_, errs[i] = logs[i%len(logs)].Create(testContext(t), code, fmt.Append(nil, i))
			})
		}
		close(start)
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Errorf("racers %d and %d both created the event", winner, i)
			default:
				wantError(t, "lost race", err, eventlog.ErrExists)
			}
		}
		if diff := cmp.Diff([]string{fmt.Sprint(winner)}, texts(readAll(t, s.log, code, 10))); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	}
}

func testUnknownCode(t *testing.T, s *store) {
	wantNoLog(t, s.log, code(t, "never made"))
	for _, bad := range []string{"", "abc", "../ABC", "A}B", "A B", "A\x00B"} {
		wantNoLog(t, s.log, bad)
		_, err := s.log.Create(testContext(t), bad, []byte("x"))
		wantError(t, fmt.Sprintf("Create of %q", bad), err, eventlog.ErrNotFound)
	}
}

func testAppendOrder(t *testing.T, s *store) {
	code := code(t, "")
	last := mustCreate(t, s.log, code, "0")
	want := []string{"0"}
	for i := range 20 {
		batch := []string{fmt.Sprint(i, "a"), fmt.Sprint(i, "b"), fmt.Sprint(i, "c")}[:i%3+1]
		at := mustAppend(t, s.log, code, batch...)
		if at.Compare(last) <= 0 {
			t.Fatalf("offset %v does not rise after %v", at, last)
		}
		if head, err := s.log.Head(testContext(t), code); err != nil || head != at {
			t.Fatalf("Head = %v, %v after an append at %v", head, err, at)
		}
		last, want = at, append(want, batch...)
	}
	got := readAll(t, s.log, code, 1000)
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got[len(got)-1].Offset != last {
		t.Errorf("last record at %v, want %v", got[len(got)-1].Offset, last)
	}
}

// testAppendConcurrent: the records of an append stand together, at the offset that it
// returned, and the appends of one caller keep their order.
func testAppendConcurrent(t *testing.T, s *store) {
	const appenders, rounds = 8, 10
	code := code(t, "")
	mustCreate(t, s.log, code, "first")
	logs := []eventlog.Store{s.log}
	if s.Shared {
		logs = append(logs, s.open(t, 0))
	}
	var mu sync.Mutex
	told := map[eventlog.Offset]string{} // offset of an append's last record → that record
	var wg sync.WaitGroup
	for a := range appenders {
		wg.Go(func() {
			for r := range rounds {
				n := (a+r)%4 + 1
				var batch [][]byte
				for i := range n {
					batch = append(batch, fmt.Appendf(nil, "%d %d %d/%d", a, r, i+1, n))
				}
				at, err := logs[a%len(logs)].Append(testContext(t), code, batch)
				if err != nil {
					t.Errorf("Append: %v", err)
					return
				}
				mu.Lock()
				told[at] = string(batch[n-1])
				mu.Unlock()
			}
		})
	}
	wg.Wait()

	next := make([]int, appenders)
	records := readAll(t, s.log, code, 7)[1:]
	for i := 0; i < len(records); {
		var a, r, one, n int
		if _, err := fmt.Sscanf(string(records[i].Data), "%d %d %d/%d", &a, &r, &one, &n); err != nil || one != 1 || i+n > len(records) {
			t.Fatalf("record %d is %q: an append is torn", i, records[i].Data)
		}
		for k := range n {
			if want := fmt.Sprintf("%d %d %d/%d", a, r, k+1, n); string(records[i+k].Data) != want {
				t.Fatalf("record %d is %q, want %q: an append is torn", i+k, records[i+k].Data, want)
			}
		}
		if r != next[a] {
			t.Errorf("appender %d: append %d stands where %d belongs", a, r, next[a])
		}
		next[a]++
		last := records[i+n-1]
		if told[last.Offset] != string(last.Data) {
			t.Errorf("record %q stands at %v, where its appender was told %q", last.Data, last.Offset, told[last.Offset])
		}
		i += n
	}
	for a, n := range next {
		if n != rounds {
			t.Errorf("appender %d: %d appends in the log, want %d", a, n, rounds)
		}
	}
}

func testAppendNothing(t *testing.T, s *store) {
	code := code(t, "")
	first := mustCreate(t, s.log, code, "first")
	for _, none := range [][][]byte{nil, {}} {
		if at, err := s.log.Append(testContext(t), code, none); err != nil || at != first {
			t.Errorf("Append of no records = %v, %v, want the head %v", at, err, first)
		}
	}
	if got := readAll(t, s.log, code, 10); len(got) != 1 {
		t.Errorf("%d records, want 1", len(got))
	}
}

func testLargeAndEmptyRecords(t *testing.T, s *store) {
	code := code(t, "")
	random := rand.NewChaCha8([32]byte{})
	large := func() []byte {
		b := make([]byte, 1<<20)
		if _, err := random.Read(b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := [][]byte{large(), large(), {}, []byte("\r\n$-1\r\n\x00\xff"), large()}
	if _, err := s.log.Create(testContext(t), code, want[0]); err != nil {
		t.Fatalf("Create: %v", err)
	}
	if _, err := s.log.Append(testContext(t), code, want[1:]); err != nil {
		t.Fatalf("Append: %v", err)
	}
	got := readAll(t, s.log, code, 2)
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, r := range got {
		if !bytes.Equal(r.Data, want[i]) {
			t.Errorf("record %d (%d bytes) differs from what was appended (%d bytes)", i, len(r.Data), len(want[i]))
		}
		at, err := s.log.At(testContext(t), code, r.Offset)
		if err != nil || at == nil || !bytes.Equal(at, want[i]) {
			t.Errorf("At(%v) = %d bytes, %v, want the record %d of %d bytes", r.Offset, len(at), err, i, len(want[i]))
		}
	}
}

// testOwnedData: a caller may change its bytes after a call.
func testOwnedData(t *testing.T, s *store) {
	code := code(t, "")
	mine := []byte("mine")
	if _, err := s.log.Create(testContext(t), code, mine); err != nil {
		t.Fatalf("Create: %v", err)
	}
	copy(mine, "XXXX")
	for range 2 {
		got := readAll(t, s.log, code, 10)
		if string(got[0].Data) != "mine" {
			t.Fatalf("record is %q, want mine", got[0].Data)
		}
		copy(got[0].Data, "YYYY")
	}
}
