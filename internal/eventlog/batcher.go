package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// Errors of a Batcher.
var (
	// ErrOverloaded: too many items are waiting for the speed at which they are
	// resolved. The item was not kept.
	ErrOverloaded = errors.New("too many entries are waiting")
	// ErrGaveUp: the log did not take the item in time. The item may still be in the
	// log, so it must be sent again only in a way that counts once.
	ErrGaveUp = errors.New("the log did not answer in time")
	// ErrStopped: the Batcher was stopped.
	ErrStopped = errors.New("stopped")
)

// Appender is the one method of a Log that a Batcher calls.
type Appender interface {
	Append(ctx context.Context, code string, records [][]byte) (Offset, error)
}

// BatcherConfig says what a Batcher needs to know. All fields but MaxWait are
// required.
type BatcherConfig[T any] struct {
	Log  Appender
	Code string
	// Encode packs one record from the first n ≥ 1 of the items, under the given
	// sequence number.
	Encode func(seq uint64, items []T) (record []byte, n int)
	// Fail is told of items that the fold will not resolve, with ErrGaveUp, ErrStopped
	// or a wrapped ErrNotFound. It is called without locks.
	Fail func(items []T, err error)
	// MaxPending bounds the items that are not resolved yet, MaxBatch those of one
	// flush.
	MaxPending, MaxBatch int
	// MaxWait also bounds the items that are not resolved yet, to about those that can
	// be resolved in that time at the speed measured last; 0: MaxPending alone counts.
	MaxWait time.Duration
	// GiveUp is how long one flush is tried.
	GiveUp time.Duration
	// Observe is told of each flush: items, bytes, and how long the append took.
	Observe func(items, bytes int, took time.Duration)
	Logger  *slog.Logger
}

// Batcher is the group commit of one event. The items that arrive during one flush
// make the next batch, so batches grow under load by themselves, and an item that
// arrives alone does not wait.
//
// One flush is under way at a time, and each of its records has an identity (sequence
// number), so that an append whose outcome is unknown is sent again with the same
// bytes. Every item is resolved exactly once: by TakeRecord, when the fold has met its
// record, or by Fail. The next flush starts only after the last one was confirmed by
// the log, read back by the fold, or given up.
type Batcher[T any] struct {
	cfg  BatcherConfig[T]
	wake chan struct{} // one slot

	mu        sync.Mutex // guards all fields below
	admission admission
	pending   []T
	stopped   bool
	seq       uint64               // of the newest record
	inFlight  map[uint64]flight[T] // records not yet resolved, by sequence number
	unread    int                  // records of the present flush that the fold has not met
	allRead   chan struct{}        // closed when unread falls to 0
}

// flight is a record that was encoded and is not yet resolved.
type flight[T any] struct {
	items       []T
	confirmed   bool      // the log has it
	confirmedAt time.Time // when the log said so
}

// NewBatcher returns a Batcher; nothing is appended until Run.
func NewBatcher[T any](cfg BatcherConfig[T]) *Batcher[T] {
	return &Batcher[T]{
		cfg: cfg, wake: make(chan struct{}, 1), inFlight: map[uint64]flight[T]{},
		admission: admission{maxHeld: cfg.MaxPending, maxWait: cfg.MaxWait, bound: cfg.MaxPending},
	}
}

// Add queues an item. ErrOverloaded and ErrStopped mean that it was not taken;
// otherwise TakeRecord or Fail will resolve it.
func (b *Batcher[T]) Add(item T) error { return b.addItem(item, false) }

// AddAlways queues an item even when the Batcher is full: a flood of votes must not
// keep the host from closing.
func (b *Batcher[T]) AddAlways(item T) error { return b.addItem(item, true) }

// Full reports whether Add would return ErrOverloaded now.
func (b *Batcher[T]) Full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.admission.isFull()
}

func (b *Batcher[T]) addItem(item T, always bool) error {
	b.mu.Lock()
	if b.stopped {
		b.mu.Unlock()
		return ErrStopped
	}
	if !always && b.admission.isFull() {
		b.mu.Unlock()
		return ErrOverloaded
	}
	b.admission.addItem()
	b.pending = append(b.pending, item)
	first := len(b.pending) == 1
	b.mu.Unlock()
	if first {
		b.wakeRun()
	}
	return nil
}

func (b *Batcher[T]) wakeRun() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// TakeRecord returns the items of a record that the fold has met, once; nil if the
// record is not in flight. The caller resolves them. Records stand in the log in the
// order of their sequence numbers, so a confirmed record before this one that was not
// met is lost, and its items fail with ErrGaveUp.
func (b *Batcher[T]) TakeRecord(seq uint64) []T {
	b.mu.Lock()
	f, ok := b.inFlight[seq]
	if ok {
		delete(b.inFlight, seq)
		if !f.confirmed { // it needs no further append
			if b.unread--; b.unread == 0 {
				close(b.allRead)
			}
		}
	}
	lost := b.removeConfirmedLocked(func(at uint64, _ flight[T]) bool { return at < seq })
	b.admission.resolveItems(len(f.items) + len(lost))
	b.mu.Unlock()
	b.fail(lost, ErrGaveUp)
	return f.items
}

// removeConfirmedLocked takes the confirmed records that match out of flight, and
// returns their items.
func (b *Batcher[T]) removeConfirmedLocked(match func(seq uint64, f flight[T]) bool) (items []T) {
	for at, f := range b.inFlight {
		if f.confirmed && match(at, f) {
			items = append(items, f.items...)
			delete(b.inFlight, at)
		}
	}
	return items
}

// NewestConfirmed is the sequence number of the newest record that the log has
// confirmed and the fold has not met yet; 0 if there is none.
func (b *Batcher[T]) NewestConfirmed() (newest uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for seq, f := range b.inFlight {
		if f.confirmed {
			newest = max(newest, seq)
		}
	}
	return newest
}

// FailLost fails the confirmed records up to seq that the fold has not met. The log has
// lost them: the fold has read to a head that was read after they were confirmed. Call
// it after TakeRecord was called for each record read.
func (b *Batcher[T]) FailLost(seq uint64) {
	b.failConfirmed(func(at uint64, _ flight[T]) bool { return at <= seq })
}

// FailOverdue fails the records that were confirmed longer ago than that and that the
// fold has not met. It is called while the log cannot be read, so that nobody has to
// wait until it can.
func (b *Batcher[T]) FailOverdue(after time.Duration) {
	before := time.Now().Add(-after)
	b.failConfirmed(func(_ uint64, f flight[T]) bool { return f.confirmedAt.Before(before) })
}

func (b *Batcher[T]) failConfirmed(match func(seq uint64, f flight[T]) bool) {
	b.mu.Lock()
	lost := b.removeConfirmedLocked(match)
	b.admission.resolveItems(len(lost))
	b.mu.Unlock()
	b.fail(lost, ErrGaveUp)
}

// fail tells Fail of items, if there are any.
func (b *Batcher[T]) fail(items []T, err error) {
	if len(items) > 0 {
		b.cfg.Fail(items, err)
	}
}

// Run flushes until ctx ends. A flush that is under way then is not cut short, and
// pending items are flushed within one more GiveUp; items still pending after that
// are left to Stop. When Run returns, everything is resolved but those and the
// confirmed records that the fold has not met yet (call Stop after the fold has ended).
func (b *Batcher[T]) Run(ctx context.Context) {
	// The end of ctx is no reason to leave the outcome of an append unknown.
	whole := context.WithoutCancel(ctx)
	for {
		select {
		case <-b.wake:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		// Let items that are about to be added join this batch.
		runtime.Gosched()
		b.flushBatch(whole)
	}
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	until := time.Now().Add(b.cfg.GiveUp)
	last, cancel := context.WithDeadline(whole, until)
	defer cancel()
	for time.Now().Before(until) && b.flushBatch(last) {
	}
}

// Stop fails everything that is unresolved. Call it after Run has returned and the fold
// has ended; a second call does nothing.
func (b *Batcher[T]) Stop() {
	b.mu.Lock()
	b.stopped = true
	left := b.pending
	b.pending = nil
	for seq, f := range b.inFlight {
		left = append(left, f.items...)
		delete(b.inFlight, seq)
	}
	b.admission.resolveItems(len(left))
	b.mu.Unlock()
	b.fail(left, ErrStopped)
}

// batch is one flush.
type batch[T any] struct {
	items   int
	bytes   int
	records [][]byte
	seqs    []uint64 // of the records
	allRead <-chan struct{}
	behind  int // items that were pending and did not fit in
}

// flushBatch appends one batch; false if nothing was pending.
func (b *Batcher[T]) flushBatch(ctx context.Context) bool {
	next, ok := b.nextBatch()
	if !ok {
		return false
	}
	start := time.Now()
	err := b.appendBatch(ctx, next.records, next.allRead)
	now := time.Now()
	b.cfg.Observe(next.items, next.bytes, now.Sub(start))
	b.fail(b.endFlight(next, now, err), err)
	return true
}

// nextBatch encodes what is pending and puts it in flight.
func (b *Batcher[T]) nextBatch() (next batch[T], ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.pending), b.cfg.MaxBatch)
	if n == 0 {
		return next, false
	}
	items := b.pending[:n:n]
	b.pending = b.pending[n:]
	next.items, next.behind = n, len(b.pending)
	if next.behind == 0 {
		// A fresh array of the size that this batch had: the old one belongs to the
		// flight now.
		b.pending = make([]T, 0, n)
	} else {
		b.wakeRun()
	}
	for len(items) > 0 {
		b.seq++
		record, n := b.cfg.Encode(b.seq, items)
		next.records = append(next.records, record)
		next.seqs = append(next.seqs, b.seq)
		next.bytes += len(record)
		b.inFlight[b.seq] = flight[T]{items: items[:n:n]}
		items = items[n:]
	}
	b.unread = len(next.records)
	b.allRead = make(chan struct{})
	next.allRead = b.allRead
	return next, true
}

// endFlight notes how the append of a batch ended, and returns the items to fail.
func (b *Batcher[T]) endFlight(done batch[T], now time.Time, err error) (failed []T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, seq := range done.seqs {
		f, ok := b.inFlight[seq]
		switch {
		case !ok: // the fold has met it
		case err == nil:
			f.confirmed, f.confirmedAt = true, now
			b.inFlight[seq] = f
		default:
			failed = append(failed, f.items...)
			delete(b.inFlight, seq)
		}
	}
	if errors.Is(err, ErrGaveUp) {
		// Items that did not fit into this batch have waited as long. No item waits for
		// more than two batches to be given up.
		behind := min(done.behind, len(b.pending))
		failed = append(failed, b.pending[:behind]...)
		b.pending = b.pending[behind:]
	}
	b.admission.resolveItems(len(failed))
	return failed
}

// appendBatch appends the records until the log confirms them or the fold has read
// them all back. It gives up after GiveUp, or at once if the event is gone.
func (b *Batcher[T]) appendBatch(ctx context.Context, records [][]byte, allRead <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.GiveUp)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		_, err := b.cfg.Log.Append(ctx, b.cfg.Code, records)
		if err == nil {
			return nil
		}
		select {
		case <-allRead:
			return nil
		default:
		}
		switch {
		case errors.Is(err, ErrNotFound):
			return fmt.Errorf("append to %s: %w", b.cfg.Code, err)
		case errors.Is(err, ErrClosed):
			return ErrGaveUp // no further try can succeed
		}
		b.cfg.Logger.Warn("append failed, trying again", "event", b.cfg.Code, "err", err)
		select {
		case <-allRead:
			return nil
		case <-ctx.Done():
			return ErrGaveUp
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}
