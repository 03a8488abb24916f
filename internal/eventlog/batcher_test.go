package eventlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
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

// faultyLog is a Log whose appends fail to a script. It asserts what the Batcher
// promises: one append at a time, and the same bytes for the same record.
type faultyLog struct {
	eventlog.Log // nil: nothing but Append is called
	t            *testing.T

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

// fold meets all that is stored and was not met yet.
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
		Log: d.log, Code: "K7QX2M", MaxPending: 40, MaxBatch: 25, GiveUp: giveUp,
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

// meet folds a record as a replica does: what it has seen it drops whole.
func (d *desk) meet(record []byte) {
	s := d.log.read(record)
	items := d.b.Take(s.Seq)
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
		d.t.Errorf("record %d holds %v, and Take gave %v", s.Seq, s.Items, items)
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

func TestWhatArrivedMeanwhileMakesTheNextBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{hold: hold})
		d.add(1)
		synctest.Wait()
		d.add(numbers(2, 42)...) // 40: as many as may wait
		synctest.Wait()
		d.log.mu.Lock()
		if got := d.log.appends; got != 1 {
			t.Errorf("%d appends while the first is under way", got)
		}
		d.log.mu.Unlock()
		close(hold)
		synctest.Wait()
		d.finish()
		for i := range 41 {
			d.want(i+1, folded)
		}
		want := fmt.Sprint([][]int{{1}, numbers(2, 27), numbers(27, 42)})
		if got := fmt.Sprint(d.batches); got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
	})
}

func TestNothingWaitsAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		start := time.Now()
		for i := range 5 {
			d.add(i)
			synctest.Wait()
			d.log.fold()
			d.want(i, folded)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("five entries at rest took %v", took)
		}
		d.finish()
	})
}

func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{hold: hold})
		d.add(0)
		synctest.Wait()
		d.add(numbers(1, 41)...)
		if err := d.b.Add(41); !errors.Is(err, eventlog.ErrOverloaded) {
			t.Errorf("one too many: %v", err)
		}
		close(hold)
		synctest.Wait()
		d.add(42)
		d.finish()
		for i := range 41 {
			d.want(i, folded)
		}
		d.want(42, folded)
		if got := d.results[41]; got != nil {
			t.Errorf("an item that was not taken was resolved: %q", got)
		}
	})
}

func TestSeveralRecordsInOneFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{hold: hold}, answer{persist: true, readBack: true, err: errUnknown})
		d.add(1)
		synctest.Wait()
		d.add(2, 3, 1000, 1001, 4)
		close(hold)
		synctest.Wait()
		d.finish()
		for _, i := range []int{1, 2, 3, 4, 1000, 1001} {
			d.want(i, folded)
		}
		if got := fmt.Sprint(d.batches); got != "[[1] [2 3] [1000] [1001] [4]]" {
			t.Errorf("batches %s", got)
		}
		if d.log.appends != 2 {
			t.Errorf("%d appends, want 2: all was read back", d.log.appends)
		}
	})
}

// Every fault, with the records in the log or not.
func TestEveryFaultResolvesEveryItemOnce(t *testing.T) {
	gaveUp, notFound := eventlog.ErrGaveUp.Error(), eventlog.ErrNotFound.Error()
	refused := slices.Repeat([]answer{{err: eventlog.ErrRefused}}, 60)
	lost := slices.Repeat([]answer{{err: errUnknown}}, 60)
	persistedOnce := append([]answer{{persist: true, err: errUnknown}}, lost...)
	for name, c := range map[string]struct {
		script  []answer
		first   string // what becomes of the first item
		appends int    // 0: as many as fit into the time
		quick   bool   // no time passes
	}{
		"no fault":                                   {nil, folded, 1, true},
		"refused, then taken":                        {refused[:3], folded, 4, false},
		"refused for ever":                           {refused, gaveUp, 0, false},
		"lost, then taken":                           {lost[:2], folded, 3, false},
		"lost for ever":                              {lost, gaveUp, 0, false},
		"in the log, unknown, then taken again":      {persistedOnce[:1], folded, 2, false},
		"in the log twice, unknown, then taken":      {[]answer{persistedOnce[0], persistedOnce[0]}, folded, 3, false},
		"in the log, unknown, read back":             {[]answer{{persist: true, readBack: true, err: errUnknown}}, folded, 1, true},
		"in the log, but nobody ever says so":        {persistedOnce, gaveUp, 0, false},
		"never answered":                             {[]answer{{hold: make(chan struct{})}}, gaveUp, 1, false},
		"in the log, never answered":                 {[]answer{{persist: true, hold: make(chan struct{})}}, gaveUp, 1, false},
		"in the log, never answered, read back":      {[]answer{{persist: true, readBack: true, hold: make(chan struct{})}}, folded, 1, false},
		"no such event":                              {[]answer{{err: fmt.Errorf("x: %w", eventlog.ErrNotFound)}}, notFound, 1, true},
		"lost, and the event was deleted meanwhile":  {[]answer{lost[0], {err: eventlog.ErrNotFound}}, notFound, 2, false},
		"the log was closed":                         {[]answer{{err: eventlog.ErrClosed}}, gaveUp, 1, true},
		"in the log, unknown, then the log was shut": {[]answer{persistedOnce[0], {err: eventlog.ErrClosed}}, gaveUp, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for i := range c.script {
					if c.script[i].hold != nil {
						c.script[i].hold = make(chan struct{}) // of this bubble
					}
				}
				d := newDesk(t, c.script...)
				d.add(1)
				synctest.Wait()
				d.add(2) // waits for whatever becomes of the first
				synctest.Wait()
				d.log.mu.Lock()
				newest := d.log.newest
				d.log.mu.Unlock()
				if c.quick != (newest == 2) {
					t.Errorf("%d records sent at once", newest)
				}
				time.Sleep(giveUp + time.Second)
				d.log.mu.Lock()
				appends := d.log.appends
				d.log.script = nil
				d.log.mu.Unlock()
				if c.appends != 0 && appends != c.appends+1 {
					t.Errorf("%d appends, want %d for the first item and one for the second", appends, c.appends)
				}
				if c.appends == 0 && (appends < 5 || appends > 40) {
					t.Errorf("%d appends in %v", appends, giveUp)
				}
				time.Sleep(giveUp)
				d.log.fold()
				d.want(1, c.first)
				d.finish()
				d.want(1, c.first)
				d.want(2, folded)
				if err := d.b.Add(3); !errors.Is(err, eventlog.ErrStopped) {
					t.Errorf("Add after the end: %v", err)
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	gaveUp, stopped := eventlog.ErrGaveUp.Error(), eventlog.ErrStopped.Error()

	t.Run("pending and in flight are flushed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hold := make(chan struct{})
			d := newDesk(t, answer{hold: hold})
			d.add(1)
			synctest.Wait()
			d.add(numbers(2, 40)...) // two more flushes
			d.stop()
			synctest.Wait()
			close(hold)
			<-d.ended
			d.finish()
			for i := 1; i < 40; i++ {
				d.want(i, folded)
			}
		})
	})
	t.Run("at once after the last Add", func(t *testing.T) {
		for range 20 { // whether the wake-up or the end is seen first is chance
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.add(1, 2)
				d.finish()
				d.want(1, folded)
				d.want(2, folded)
			})
		}
	})
	t.Run("a log that hangs delays the end by no more than twice GiveUp", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			held := make([]answer, 9)
			for i := range held {
				held[i].hold = make(chan struct{})
			}
			d := newDesk(t, held...)
			d.add(1)
			synctest.Wait()
			d.add(numbers(2, 42)...)
			start := time.Now()
			d.finish()
			if took := time.Since(start); took > 2*giveUp {
				t.Errorf("the end took %v", took)
			}
			d.want(1, gaveUp)
			for i := 2; i < 27; i++ { // of the last flush: it may be in the log
				d.want(i, gaveUp)
			}
			for i := 27; i < 42; i++ { // never sent
				d.want(i, stopped)
			}
		})
	})
	t.Run("confirmed, but never folded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			d.add(1)
			synctest.Wait()
			d.stop()
			<-d.ended
			d.b.Stop()
			d.want(1, stopped)
			if got := d.b.Take(1); got != nil {
				t.Errorf("Take after the end gave %v", got)
			}
		})
	})
	t.Run("never run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			d.stop()
			<-d.ended
			if err := d.b.Add(1); !errors.Is(err, eventlog.ErrStopped) {
				t.Errorf("Add: %v", err)
			}
			d.b.Stop()
		})
	})
}

func TestRewound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{}, answer{hold: hold})
		d.add(1)
		synctest.Wait()
		d.add(2)
		synctest.Wait()
		// The first record is confirmed, the second on its way: only the first is lost.
		d.b.Rewound()
		d.want(1, eventlog.ErrGaveUp.Error())
		close(hold)
		synctest.Wait()
		d.finish()
		d.want(1, eventlog.ErrGaveUp.Error())
		d.want(2, folded)
	})
}

// Many at once, with faults of every kind, against the race detector.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var script []answer
		for i := range 200 {
			script = append(script, []answer{{readBack: true}, {err: errUnknown}, {persist: true, err: errUnknown}, {persist: true, readBack: true, err: errUnknown}}[i%4])
		}
		d := newDesk(t, script...)
		var crowd sync.WaitGroup
		for p := range 50 {
			crowd.Go(func() {
				for i := range 20 {
					for errors.Is(d.b.Add(100*p+i), eventlog.ErrOverloaded) {
						time.Sleep(20 * time.Millisecond)
					}
				}
			})
		}
		crowd.Wait()
		time.Sleep(giveUp)
		d.finish()
		for p := range 50 {
			for i := range 20 {
				d.want(100*p+i, folded)
			}
		}
	})
}
