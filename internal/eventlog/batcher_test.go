package eventlog_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drumroll/internal/eventlog"
)

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
		d.log.fold()
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
			for i := 2; i < 42; i++ { // of the last flush, or waiting behind it as long
				d.want(i, gaveUp)
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
			if got := d.b.TakeRecord(1); got != nil {
				t.Errorf("TakeRecord after the end gave %v", got)
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

func TestFailLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{}, answer{hold: hold})
		d.add(1)
		synctest.Wait()
		d.add(2)
		synctest.Wait()
		// The first record is confirmed, the second on its way: only the first is lost.
		if seq := d.b.NewestConfirmed(); seq != 1 {
			t.Errorf("confirmed up to %d", seq)
		}
		d.b.FailLost(1)
		d.want(1, eventlog.ErrGaveUp.Error())
		close(hold)
		synctest.Wait()
		d.finish()
		d.want(1, eventlog.ErrGaveUp.Error())
		d.want(2, folded)
	})
}

// While the log cannot be read, a waiter waits for the fold no longer than the given time.
// A record that is still on its way is not touched.
func TestFailOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		d := newDesk(t, answer{}, answer{}, answer{hold: hold})
		d.add(1)
		synctest.Wait()
		time.Sleep(time.Second)
		d.add(2)
		synctest.Wait()
		d.add(3)
		synctest.Wait()
		time.Sleep(time.Second)
		d.b.FailOverdue(2 * time.Second)
		if seq := d.b.NewestConfirmed(); seq != 2 {
			t.Errorf("confirmed up to %d", seq)
		}
		time.Sleep(time.Second / 2)
		d.b.FailOverdue(2 * time.Second)
		d.want(1, eventlog.ErrGaveUp.Error())
		if got := d.b.TakeRecord(1); got != nil {
			t.Errorf("TakeRecord of what was overdue gave %v", got)
		}
		close(hold)
		synctest.Wait()
		d.finish()
		d.want(1, eventlog.ErrGaveUp.Error())
		d.want(2, folded)
		d.want(3, folded)
	})
}

// A record that the fold meets proves that a record that was confirmed before it, and that
// the fold has not met, is lost.
func TestTakeRecordFailsWhatWasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, answer{}, answer{})
		d.add(1)
		synctest.Wait()
		d.add(2)
		synctest.Wait()
		d.b.TakeRecord(2)
		d.want(1, eventlog.ErrGaveUp.Error())
		d.finish()
	})
}

// While the log is away, no item waits for more than two batches to be given up, however
// many batches wait.
func TestGiveUpTakesAlongWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make([]answer, 9)
		for i := range held {
			held[i].hold = make(chan struct{})
		}
		d := newDesk(t, held...)
		d.add(numbers(1, 41)...) // as many as may wait
		time.Sleep(2*giveUp + time.Millisecond)
		synctest.Wait()
		for i := 1; i < 41; i++ {
			d.want(i, eventlog.ErrGaveUp.Error())
		}
		d.finish()
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
