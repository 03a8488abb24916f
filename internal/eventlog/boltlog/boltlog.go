package boltlog

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"drumroll/internal/eventlog"
)

// maxIdleSlots bounds the open files: this many events that nobody uses at the
// moment stay open. An event in use (a waiting Read is a use) is never closed.
const maxIdleSlots = 256

// Config says how Open sets up a Log. The zero Config is valid.
type Config struct {
	// Retention is how long an event is kept after its newest record; 0 or less: for
	// ever. It also holds for the records that are there already.
	Retention time.Duration
	// Logger is told of files that were set right, and of events that expired or could
	// not be removed. nil: nothing is logged.
	Logger *slog.Logger
}

// Log is the embedded eventlog.Store. Use Open.
type Log struct {
	dir     string
	lock    *os.File
	clock   *clock
	maxIdle int
	keep    time.Duration // since an event's newest record; 0: for ever
	logger  *slog.Logger

	key   sync.Mutex    // one reader or maker of the signing key at a time
	done  chan struct{} // closed by Close; wakes waiting reads and the sweeper
	calls sync.WaitGroup
	// sweeping is apart from calls, which the sweeper makes itself.
	sweeping sync.WaitGroup

	mu     sync.Mutex // guards what follows; never held during I/O
	closed bool
	slots  map[string]*slot
	idle   *list.List // of *slot without users, the longest unused in front
}

var _ eventlog.Store = (*Log)(nil)

// Dials implements eventlog.Connections: there are no connections.
func (l *Log) Dials() uint64 { return 0 }

// Open opens the data folder, making it (mode 0700) where there is none, and
// locks it. The error is one line fit for the user: in use by another process,
// not writable.
func Open(dir string, c Config) (*Log, error) {
	l, err := open(dir, c, newClock(), maxIdleSlots)
	if err != nil {
		return nil, err
	}
	if l.keep > 0 {
		l.sweeping.Go((&sweeper{log: l}).run)
	}
	return l, nil
}

func open(dir string, c Config, clock *clock, maxIdle int) (*Log, error) {
	events := filepath.Join(dir, eventsFolder)
	if err := os.MkdirAll(events, 0o700); err != nil {
		return nil, fmt.Errorf("data folder %s cannot be made: %w", dir, err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	err = errors.Join(probe(events), removeStale(dir), removeStale(events), syncFolder(dir))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s is not writable: %w", dir, err), lock.Close())
	}
	return &Log{
		dir:     dir,
		lock:    lock,
		clock:   clock,
		maxIdle: maxIdle,
		keep:    c.Retention,
		logger:  cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		done:    make(chan struct{}),
		slots:   make(map[string]*slot),
		idle:    list.New(),
	}, nil
}

// Create implements eventlog.Log.
func (l *Log) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	s, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(s)
	return s.create(ctx, l.clock.now(), first)
}

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if len(records) == 0 {
		return l.Head(ctx, code)
	}
	s, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(s)
	return s.append(ctx, records)
}

// Read implements eventlog.Log.
func (l *Log) Read(ctx context.Context, code string, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	if max < 1 {
		return nil, fmt.Errorf("read of event %s: max is %d, want at least 1", code, max)
	}
	s, err := l.acquire(code)
	if err != nil {
		return nil, err
	}
	defer l.release(s)
	return s.read(ctx, after, max, wait, l.done)
}

// At implements eventlog.Log.
func (l *Log) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	s, err := l.acquire(code)
	if err != nil {
		return nil, err
	}
	defer l.release(s)
	return s.at(ctx, at)
}

// Head implements eventlog.Log.
func (l *Log) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	s, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(s)
	if _, err := s.opened(ctx); err != nil {
		return eventlog.Offset{}, err
	}
	return s.published().head, nil
}

// Delete implements eventlog.Log. Waiting reads of the event get ErrNotFound.
func (l *Log) Delete(ctx context.Context, code string) error {
	s, err := l.acquire(code)
	if err != nil {
		return err
	}
	defer l.release(s)
	return s.delete(ctx)
}

// Now implements eventlog.Clock.
func (l *Log) Now(context.Context) (time.Time, error) {
	if l.isClosed() {
		return time.Time{}, eventlog.ErrClosed
	}
	return l.clock.now(), nil
}

// SigningKey implements eventlog.Keys. A key file of a wrong length is an error,
// never replaced: every cookie and token out there was signed with what it held.
func (l *Log) SigningKey(context.Context) ([]byte, error) {
	if l.isClosed() {
		return nil, eventlog.ErrClosed
	}
	l.key.Lock()
	defer l.key.Unlock()
	return signingKey(l.dir)
}

// Announce implements eventlog.Presence. One node is all there is.
func (l *Log) Announce(_ context.Context, _, _ string, phones int) (int, error) {
	if l.isClosed() {
		return 0, eventlog.ErrClosed
	}
	return phones, nil
}

// Ping implements eventlog.Health: the folder still takes a new file.
func (l *Log) Ping(context.Context) error {
	if l.isClosed() {
		return eventlog.ErrClosed
	}
	if err := probe(filepath.Join(l.dir, eventsFolder)); err != nil {
		return fmt.Errorf("data folder %s is not writable: %w", l.dir, err)
	}
	return nil
}

// Close implements eventlog.Log. It waits for appends under way, closes every
// file and unlocks the folder.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()

	close(l.done)
	l.sweeping.Wait()
	l.calls.Wait()
	var errs []error
	for _, s := range l.slots { // no call is left that could touch it
		errs = append(errs, s.closeFile())
	}
	return errors.Join(append(errs, l.lock.Close())...)
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// acquire returns the code's slot for one call; release gives it back.
func (l *Log) acquire(code string) (*slot, error) {
	if !eventlog.ValidCode(code) {
		return nil, fmt.Errorf("event %q: %w", code, eventlog.ErrNotFound)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, eventlog.ErrClosed
	}
	s := l.slots[code]
	if s == nil {
		s = newSlot(code, filepath.Join(l.dir, eventsFolder), l.clock, l.logger)
		l.slots[code] = s
	}
	l.pin(s)
	l.calls.Add(1)
	return s, nil
}

func (l *Log) pin(s *slot) {
	s.users++
	if s.idle != nil {
		l.idle.Remove(s.idle)
		s.idle = nil
	}
}

// release gives a slot back and closes the longest unused file where too many
// are open. A slot that remembers nothing (no file, no damage) is forgotten, so
// that guessed codes take no memory.
func (l *Log) release(s *slot) {
	defer l.calls.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unpin(s)
	for l.idle.Len() > l.maxIdle {
		oldest := l.idle.Front().Value.(*slot)
		// Pinned while it closes: a new user waits for the close instead of
		// running into the file's lock.
		l.pin(oldest)
		l.mu.Unlock()
		// A failed close has nothing to say about the log: all is fsynced.
		_ = oldest.closeFile()
		l.mu.Lock()
		l.unpin(oldest)
	}
}

func (l *Log) unpin(s *slot) {
	if s.users--; s.users > 0 {
		return
	}
	if s.forgettable() {
		delete(l.slots, s.code)
		return
	}
	s.idle = l.idle.PushBack(s)
}
