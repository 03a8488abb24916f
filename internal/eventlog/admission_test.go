package eventlog_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"drumroll/internal/eventlog"
)

// pacedLog takes some time for each item, and folds it.
type pacedLog struct {
	cost atomic.Int64 // ns an item
	met  func(seq uint64)
}

func (l *pacedLog) Append(_ context.Context, _ string, records [][]byte) (eventlog.Offset, error) {
	for _, r := range records {
		time.Sleep(time.Duration(l.cost.Load()) * time.Duration(binary.BigEndian.Uint64(r[8:])))
	}
	for _, r := range records {
		l.met(binary.BigEndian.Uint64(r))
	}
	return eventlog.Offset{}, nil
}

// queue is a Batcher. Each of its items is the time when it was added.
type queue struct {
	*eventlog.Batcher[time.Time]
	log            *pacedLog
	taken, refused int

	mu       sync.Mutex
	resolved int
	longest  time.Duration // that an item waited, since slowest was asked last
}

func (q *queue) slowest() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	longest := q.longest
	q.longest = 0
	return longest
}

func newQueue(t *testing.T, most int, cost time.Duration) *queue {
	q := &queue{log: new(pacedLog)}
	q.log.cost.Store(int64(cost))
	q.Batcher = eventlog.NewBatcher(eventlog.BatcherConfig[time.Time]{
		Log: q.log, Code: "K7QX2M", MaxPending: most, MaxBatch: 100, MaxWait: time.Second, GiveUp: 4 * time.Second,
		Encode: func(seq uint64, items []time.Time) ([]byte, int) {
			return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, seq), uint64(len(items))), len(items)
		},
		Fail:    func([]time.Time, error) { t.Error("an item failed") },
		Observe: func(int, int, time.Duration) {},
		Logger:  slog.New(slog.DiscardHandler),
	})
	q.log.met = func(seq uint64) {
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, at := range q.TakeRecord(seq) {
			q.longest = max(q.longest, time.Since(at))
			q.resolved++
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		q.Stop()
		if q.resolved != q.taken {
			t.Errorf("%d taken, %d resolved", q.taken, q.resolved)
		}
	})
	return q
}

// offer adds items at a steady rate.
func (q *queue) offer(rate int, during time.Duration) (taken int) {
	before := q.taken
	for range int(during / (10 * time.Millisecond)) {
		for range rate / 100 {
			switch err := q.Add(time.Now()); {
			case err == nil:
				q.taken++
			case errors.Is(err, eventlog.ErrOverloaded):
				q.refused++
			default:
				panic(err)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return q.taken - before
}

// TestWaitIsBounded: at three times the rate that can be resolved, the node resolves as many
// as it can, no item that it takes waits much longer than a second, however slow the log
// is, and it takes every item again afterwards.
func TestWaitIsBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		rate int // that can be resolved, a second
	}{{"slow", 1_000}, {"middling", 10_000}, {"fast", 20_000}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(t, 200_000, time.Second/time.Duration(c.rate))
				q.offer(3*c.rate, 3*time.Second) // until the pace is known
				q.slowest()
				if n := q.offer(3*c.rate, 10*time.Second); n < 19*c.rate/2 || n > 21*c.rate/2 {
					t.Errorf("%d taken in ten seconds, want some %d", n, 10*c.rate)
				}
				if w := q.slowest(); w > 1500*time.Millisecond {
					t.Errorf("somebody waited %v", w)
				}
				q.refused = 0
				time.Sleep(2 * time.Second)
				if q.offer(c.rate/2, 20*time.Second); q.refused > 0 {
					t.Errorf("%d refused at half the rate", q.refused)
				}
			})
		})
	}
}

// TestSlowerThanBefore: a log that slows down is noticed.
func TestSlowerThanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 200_000, 80*time.Microsecond)
		q.offer(10_000, 5*time.Second)
		if q.refused > 0 {
			t.Errorf("%d refused within the pace", q.refused)
		}
		q.log.cost.Store(int64(time.Millisecond))
		q.offer(10_000, 5*time.Second)
		q.slowest()
		q.offer(10_000, 10*time.Second)
		if w := q.slowest(); w > 1500*time.Millisecond {
			t.Errorf("somebody waited %v", w)
		}
		q.log.cost.Store(int64(80 * time.Microsecond))
		q.offer(10_000, 2*time.Second)
		q.refused = 0
		if q.offer(10_000, 5*time.Second); q.refused > 0 {
			t.Errorf("%d refused after the log was fast again", q.refused)
		}
	})
}

// TestStandstill: few items wait for a log that stands still, and all are taken again soon
// after it goes on.
func TestStandstill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 200_000, 20*time.Microsecond)
		q.offer(10_000, time.Second)
		q.log.cost.Store(int64(3 * time.Second)) // the next batch of some 100 takes minutes
		q.offer(10_000, time.Second)
		q.log.cost.Store(int64(20 * time.Microsecond))
		taken := q.taken
		q.offer(10_000, 2*time.Second)
		if n := q.taken - taken; n > 11_000 {
			t.Errorf("%d taken while the log stood still for more than a second", n)
		}
		if !q.Full() {
			t.Error("not full while the log stands still")
		}
		// Commands pass.
		if err := q.AddAlways(time.Now()); err != nil {
			t.Error(err)
		} else {
			q.taken++
		}
		time.Sleep(10 * time.Minute)
		q.refused = 0
		if q.offer(10_000, time.Second); q.refused > 0 || q.Full() {
			t.Errorf("%d refused afterwards", q.refused)
		}
	})
}

// TestBurstAtRest: a burst after a quiet time is taken as a whole, because nothing shows
// that it is too large.
func TestBurstAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, 50_000, 20*time.Microsecond)
		for range 100 {
			q.offer(100, 100*time.Millisecond)
		}
		for range 50_000 {
			if err := q.Add(time.Now()); err != nil {
				t.Fatal(err)
			}
			q.taken++
		}
		if err := q.Add(time.Now()); !errors.Is(err, eventlog.ErrOverloaded) {
			t.Errorf("beyond the hard bound: %v", err)
		}
	})
}
