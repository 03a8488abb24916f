package eventlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

const giveUp = 2 * time.Second

var errUnknown = errors.New("connection reset")

// answer is how faultyLog answers one Append.
type answer struct {
	persist  bool          // the records are in the log, whatever err says
	readBack bool          // and the fold meets them before Append returns
	err      error         // what Append returns
	hold     chan struct{} // Append waits for its close, or for its context
}

// faultyLog is an Appender whose appends fail as a script says. It asserts what the Batcher
// promises: one append at a time, and the same bytes for the same record.
type faultyLog struct {
	t *testing.T

	mu      sync.Mutex
	script  []answer // used up from the front; after it all is well
	busy    bool
	appends int
	sent    map[uint64][]byte // by sequence
	newest  uint64            // sequence sent so far
	stored  [][]byte
	met     func(record []byte) // folds one record
}

// sheet is what a record of these tests holds.
type sheet struct {
	Seq   uint64
	Items []int
}

func (l *faultyLog) Append(ctx context.Context, _ string, records [][]byte) (eventlog.Offset, error) {
	l.mu.Lock()
	if l.busy {
		l.t.Error("an append began before the last one had ended")
	}
	l.busy = true
	l.appends++
	var a answer
	if len(l.script) > 0 {
		a, l.script = l.script[0], l.script[1:]
	}
	for _, r := range records {
		seq := l.read(r).Seq
		switch before, again := l.sent[seq]; {
		case again && !bytes.Equal(before, r):
			l.t.Errorf("record %d was sent as %s, then as %s", seq, before, r)
		case !again && seq != l.newest+1:
			l.t.Errorf("record %d was sent after record %d", seq, l.newest)
		case again && seq+uint64(len(records)) <= l.newest:
			l.t.Errorf("record %d was sent again after record %d", seq, l.newest)
		}
		l.sent[seq] = bytes.Clone(r)
		l.newest = max(l.newest, seq)
	}
	l.mu.Unlock()
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			a.err = ctx.Err()
		}
	}
	if a.persist || a.err == nil {
		l.mu.Lock()
		l.stored = append(l.stored, records...)
		l.mu.Unlock()
		if a.readBack {
			l.fold()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
	return eventlog.Offset{Seq: uint64(len(l.stored))}, a.err
}

func (l *faultyLog) read(record []byte) sheet {
	var s sheet
	if err := json.Unmarshal(record, &s); err != nil {
		l.t.Errorf("record %q: %v", record, err)
	}
	return s
}

// fold meets all stored records that were not met yet.
func (l *faultyLog) fold() {
	l.mu.Lock()
	stored := l.stored
	l.stored = nil
	l.mu.Unlock()
	for _, r := range stored {
		l.met(r)
	}
}

// desk is a Batcher at work, and what became of each item.
type desk struct {
	t     *testing.T
	log   *faultyLog
	b     *eventlog.Batcher[int]
	stop  context.CancelFunc
	ended chan struct{}

	mu      sync.Mutex
	results map[int][]string
	batches [][]int // in the order folded
	high    uint64
}

const folded = "folded"

// newDesk starts a Batcher. An item of 1,000 or more goes into a record of its
// own, as commands do.
func newDesk(t *testing.T, script ...answer) *desk {
	d := &desk{
		t: t, results: map[int][]string{}, ended: make(chan struct{}),
		log: &faultyLog{t: t, script: script, sent: map[uint64][]byte{}},
	}
	d.log.met = d.meet
	d.b = eventlog.NewBatcher(eventlog.BatcherConfig[int]{
		Log: d.log, Code: "K7QX2M", MaxPending: 41, MaxBatch: 25, GiveUp: giveUp,
		Encode: func(seq uint64, items []int) ([]byte, int) {
			n := 1
			for items[0] < 1000 && n < len(items) && items[n] < 1000 {
				n++
			}
			record, err := json.Marshal(sheet{seq, items[:n]})
			if err != nil {
				t.Error(err)
			}
			return record, n
		},
		Fail: func(items []int, err error) { d.resolve(items, d.name(err)) },
		Observe: func(items, bytes int, took time.Duration) {
			if items < 1 || bytes < items || took < 0 {
				t.Errorf("observed %d items, %d bytes, %v", items, bytes, took)
			}
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(t.Context())
	d.stop = stop
	go func() {
		defer close(d.ended)
		d.b.Run(ctx)
	}()
	return d
}

func (d *desk) name(err error) string {
	for _, known := range []error{eventlog.ErrGaveUp, eventlog.ErrStopped, eventlog.ErrNotFound} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "unexpected: " + err.Error()
}

// meet folds a record as a replica does: it drops a record that it has seen.
func (d *desk) meet(record []byte) {
	s := d.log.read(record)
	items := d.b.TakeRecord(s.Seq)
	d.mu.Lock()
	repeat := s.Seq <= d.high
	d.high = max(d.high, s.Seq)
	if !repeat {
		d.batches = append(d.batches, s.Items)
	}
	d.mu.Unlock()
	switch {
	case repeat && items != nil:
		d.t.Errorf("record %d was folded before, and %v still waited for it", s.Seq, items)
	case items != nil && !slices.Equal(items, s.Items):
		d.t.Errorf("record %d holds %v, and TakeRecord gave %v", s.Seq, s.Items, items)
	}
	d.resolve(items, folded)
}

func (d *desk) resolve(items []int, what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range items {
		d.results[i] = append(d.results[i], what)
	}
}

func (d *desk) add(items ...int) {
	d.t.Helper()
	for _, i := range items {
		if err := d.b.Add(i); err != nil {
			d.t.Errorf("Add(%d): %v", i, err)
		}
	}
}

// finish ends the Batcher and the fold, in the order that a replica does.
func (d *desk) finish() {
	d.stop()
	<-d.ended
	d.log.fold()
	d.b.Stop()
	d.b.Stop() // a second call does nothing
}

func (d *desk) want(item int, what string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if got := d.results[item]; !slices.Equal(got, []string{what}) {
		d.t.Errorf("item %d was resolved %q, want once: %q", item, got, what)
	}
}

func numbers(from, to int) []int {
	var out []int
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}
