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
	// ErrOverloaded: too many items are waiting already, for the pace at which they
	// are resolved. Nothing was kept.
	ErrOverloaded = errors.New("too many entries are waiting")
	// ErrGaveUp: the log did not take the item in time. It may still be in the
	// log; whoever sends it again must do so in a way that counts once.
	ErrGaveUp = errors.New("the log did not answer in time")
	// ErrStopped: the Batcher was stopped.
	ErrStopped = errors.New("stopped")
)

// Appender is the one method of a Log that a Batcher calls.
type Appender interface {
	Append(ctx context.Context, code string, records [][]byte) (Offset, error)
}

// BatcherConfig says what a Batcher needs to know. All fields but MaxWait and
// Observe are required.
type BatcherConfig[T any] struct {
	Log  Appender
	Code string
	// Encode packs one record from the first n ≥ 1 of the items, under the given
	// sequence number.
	Encode func(seq uint64, items []T) (record []byte, n int)
	// Fail is told of items that will not be resolved by the fold, with
	// ErrGaveUp, ErrStopped or a wrapped ErrNotFound. It is called without locks.
	Fail func(items []T, err error)
	// MaxPending bounds the items that are not resolved yet, MaxBatch those of one
	// flush.
	MaxPending, MaxBatch int
	// MaxWait bounds the items that are not resolved yet to about those that can be
	// in that time, at the pace of late; 0: MaxPending alone counts.
	MaxWait time.Duration
	// GiveUp is how long one flush is tried.
	GiveUp time.Duration
	// Observe is told of each flush: items, bytes, and how long the append took.
	Observe func(items, bytes int, took time.Duration)
	Logger  *slog.Logger
}

// Batcher is the group commit of one event: whatever arrived during the last
// flush makes the next batch, so batches form by themselves under load and
// nothing waits at rest.
//
// One flush is under way at a time, and each of its records has an identity
// (sequence number), so that an append whose outcome is unknown is sent again
// with the same bytes. Every item is resolved exactly once: by Take, when the
// fold has met its record, or by Fail. The next flush starts only after the last
// was confirmed by the log, read back by the fold, or given up.
type Batcher[T any] struct {
	cfg  BatcherConfig[T]
	wake chan struct{} // one slot

	mu      sync.Mutex
	admit   admission
	pending []T
	stopped bool
	seq     uint64               // of the newest record
	flights map[uint64]flight[T] // records not yet resolved
	unread  int                  // records of the present flush not yet taken
	back    chan struct{}        // closed when unread falls to 0
}

type flight[T any] struct {
	items     []T
	confirmed bool
	since     time.Time // of being confirmed
}

// NewBatcher returns a Batcher; nothing is appended until Run.
func NewBatcher[T any](cfg BatcherConfig[T]) *Batcher[T] {
	return &Batcher[T]{cfg: cfg, wake: make(chan struct{}, 1), flights: map[uint64]flight[T]{}, admit: newAdmission(cfg.MaxPending, cfg.MaxWait)}
}

// Add hands an item over. ErrOverloaded and ErrStopped mean that it was not
// taken; otherwise it will be resolved by Take or Fail.
func (b *Batcher[T]) Add(item T) error { return b.add(item, false) }

// Insist is Add for what must not be refused for load: it waits its turn, however
// many wait before it.
func (b *Batcher[T]) Insist(item T) error { return b.add(item, true) }

// Full reports whether Add would answer ErrOverloaded now.
func (b *Batcher[T]) Full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.admit.full()
}

func (b *Batcher[T]) add(item T, insist bool) error {
	b.mu.Lock()
	if b.stopped {
		b.mu.Unlock()
		return ErrStopped
	}
	if !insist && b.admit.full() {
		b.mu.Unlock()
		return ErrOverloaded
	}
	b.admit.take()
	b.pending = append(b.pending, item)
	first := len(b.pending) == 1
	b.mu.Unlock()
	if first {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// Take returns the items of a record that the fold has met, once; nil where the
// record is not in flight (any more). The caller resolves them. Records stand in
// the log in the order of their sequence, so what was confirmed before this one
// and was not met is lost, and failed with ErrGaveUp.
func (b *Batcher[T]) Take(seq uint64) []T {
	b.mu.Lock()
	f, ok := b.flights[seq]
	if ok {
		delete(b.flights, seq)
		if !f.confirmed {
			b.landed()
		}
	}
	lost := b.confirmed(func(at uint64, _ flight[T]) bool { return at < seq })
	b.admit.resolved(len(f.items) + len(lost))
	b.mu.Unlock()
	if len(lost) > 0 {
		b.cfg.Fail(lost, ErrGaveUp)
	}
	return f.items
}

// confirmed takes the items of the confirmed records that are meant out of flight;
// mu is held.
func (b *Batcher[T]) confirmed(meant func(seq uint64, f flight[T]) bool) (items []T) {
	if len(b.flights) == 0 {
		return nil
	}
	for at, f := range b.flights {
		if f.confirmed && meant(at, f) {
			items = append(items, f.items...)
			delete(b.flights, at)
		}
	}
	return items
}

// Confirmed is the sequence number of the newest record that the log has
// confirmed and the fold has not met yet; 0 where there is none.
func (b *Batcher[T]) Confirmed() (newest uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for seq, f := range b.flights {
		if f.confirmed {
			newest = max(newest, seq)
		}
	}
	return newest
}

// landed notes that one record of the present flush needs no further append.
func (b *Batcher[T]) landed() {
	if b.unread--; b.unread == 0 {
		close(b.back)
	}
}

// Lost fails the confirmed records up to seq that the fold has not met: the log
// lost them, for the fold has read to a head that was read after they were
// confirmed. It is called after Take was for each record read.
func (b *Batcher[T]) Lost(seq uint64) {
	b.giveUp(func(at uint64, _ flight[T]) bool { return at <= seq })
}

// Overdue fails the records that were confirmed so long ago and that the fold has
// not met. It is called while the log cannot be read: whoever waits shall not wait
// until it can.
func (b *Batcher[T]) Overdue(after time.Duration) {
	before := time.Now().Add(-after)
	b.giveUp(func(_ uint64, f flight[T]) bool { return f.since.Before(before) })
}

func (b *Batcher[T]) giveUp(meant func(seq uint64, f flight[T]) bool) {
	b.mu.Lock()
	lost := b.confirmed(meant)
	b.admit.resolved(len(lost))
	b.mu.Unlock()
	if len(lost) > 0 {
		b.cfg.Fail(lost, ErrGaveUp)
	}
}

// Run flushes until ctx ends. A flush that is under way then is not cut short,
// and what is pending is flushed within one more GiveUp; items still pending
// after that are left to Stop. Run returns when all is resolved but those and
// what Take may still resolve: confirmed records that the fold has not met yet
// (call Stop after the fold).
func (b *Batcher[T]) Run(ctx context.Context) {
	// The end of ctx is no reason to leave an append's outcome unknown.
	whole := context.WithoutCancel(ctx)
	for {
		select {
		case <-b.wake:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		// Let what is about to be added join this batch.
		runtime.Gosched()
		b.flush(whole)
	}
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	until := time.Now().Add(b.cfg.GiveUp)
	last, cancel := context.WithDeadline(whole, until)
	defer cancel()
	for time.Now().Before(until) && b.flush(last) {
	}
}

// Stop fails whatever is unresolved. It is called after Run has returned and the
// fold has ended; a second call does nothing.
func (b *Batcher[T]) Stop() {
	b.mu.Lock()
	b.stopped = true
	left := b.pending
	b.pending = nil
	for seq, f := range b.flights {
		left = append(left, f.items...)
		delete(b.flights, seq)
	}
	b.admit.resolved(len(left))
	b.mu.Unlock()
	if len(left) > 0 {
		b.cfg.Fail(left, ErrStopped)
	}
}

// flush appends one batch; false where nothing was pending.
func (b *Batcher[T]) flush(ctx context.Context) bool {
	b.mu.Lock()
	n := min(len(b.pending), b.cfg.MaxBatch)
	if n == 0 {
		b.mu.Unlock()
		return false
	}
	items := b.pending[:n:n]
	b.pending = b.pending[n:]
	behind := len(b.pending)
	if behind == 0 {
		// A fresh array of the size that the last batch had: the old one belongs
		// to the flight now.
		b.pending = make([]T, 0, n)
	} else {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	var records [][]byte
	var seqs []uint64
	bytes := 0
	for rest := items; len(rest) > 0; {
		b.seq++
		record, n := b.cfg.Encode(b.seq, rest)
		records = append(records, record)
		seqs = append(seqs, b.seq)
		bytes += len(record)
		b.flights[b.seq] = flight[T]{items: rest[:n:n]}
		rest = rest[n:]
	}
	b.unread = len(records)
	b.back = make(chan struct{})
	back := b.back
	b.mu.Unlock()

	start := time.Now()
	err := b.deliver(ctx, records, back)
	now := time.Now()
	if b.cfg.Observe != nil {
		b.cfg.Observe(n, bytes, now.Sub(start))
	}

	b.mu.Lock()
	var failed []T
	for _, seq := range seqs {
		f, ok := b.flights[seq]
		switch {
		case !ok: // taken
		case err == nil:
			f.confirmed, f.since = true, now
			b.flights[seq] = f
		default:
			failed = append(failed, f.items...)
			delete(b.flights, seq)
		}
	}
	if errors.Is(err, ErrGaveUp) {
		// What did not fit into this batch has waited as long: nobody waits for more
		// than two batches to be given up.
		behind = min(behind, len(b.pending))
		failed = append(failed, b.pending[:behind]...)
		b.pending = b.pending[behind:]
	}
	b.admit.resolved(len(failed))
	b.mu.Unlock()
	if len(failed) > 0 {
		b.cfg.Fail(failed, err)
	}
	return true
}

// deliver appends the records until the log confirms them or the fold has read
// them back. It gives up after GiveUp, or at once where the event is gone.
func (b *Batcher[T]) deliver(ctx context.Context, records [][]byte, back <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.GiveUp)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		_, err := b.cfg.Log.Append(ctx, b.cfg.Code, records)
		if err == nil {
			return nil
		}
		select {
		case <-back:
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
		case <-back:
			return nil
		case <-ctx.Done():
			return ErrGaveUp
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}
