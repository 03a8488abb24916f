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

// maxIdleFiles bounds the open files: this many files that are not in use stay open. A
// file in use (a waiting Read is a use) is never closed.
const maxIdleFiles = 256

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
	keep    time.Duration // from an event's newest record on; 0: for ever
	logger  *slog.Logger

	key   sync.Mutex    // held while the signing key is read or made
	done  chan struct{} // closed by Close; wakes waiting reads and the sweeper
	calls sync.WaitGroup
	// sweeping is not in calls, because the sweeper makes calls.
	sweeping sync.WaitGroup

	mu     sync.Mutex // guards the fields below; never held during I/O
	closed bool
	files  map[string]*eventFile
	idle   *list.List // of *eventFile without users, the longest unused first
}

var _ eventlog.Store = (*Log)(nil)

// Dials implements eventlog.Connections: there are no connections.
func (l *Log) Dials() uint64 { return 0 }

// Open opens the data folder and locks it. It makes the folder (mode 0700) if there is
// none. The error is one line for the user: in use by another process, or not writable.
func Open(dir string, c Config) (*Log, error) {
	l, err := open(dir, c, newClock(), maxIdleFiles)
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
	err = errors.Join(probeFolder(events), removeStale(dir), removeStale(events), syncFolder(dir))
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
		files:   make(map[string]*eventFile),
		idle:    list.New(),
	}, nil
}

// Create implements eventlog.Log.
func (l *Log) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	f, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(f)
	return f.create(ctx, l.clock.now(), first)
}

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if len(records) == 0 {
		return l.Head(ctx, code)
	}
	f, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(f)
	return f.append(ctx, records)
}

// Read implements eventlog.Log.
func (l *Log) Read(ctx context.Context, code string, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	if max < 1 {
		return nil, fmt.Errorf("read of event %s: max is %d, want at least 1", code, max)
	}
	f, err := l.acquire(code)
	if err != nil {
		return nil, err
	}
	defer l.release(f)
	return f.read(ctx, after, max, wait, l.done)
}

// At implements eventlog.Log.
func (l *Log) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	f, err := l.acquire(code)
	if err != nil {
		return nil, err
	}
	defer l.release(f)
	return f.at(ctx, at)
}

// Head implements eventlog.Log.
func (l *Log) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	f, err := l.acquire(code)
	if err != nil {
		return eventlog.Offset{}, err
	}
	defer l.release(f)
	if _, err := f.openDB(ctx); err != nil {
		return eventlog.Offset{}, err
	}
	return f.published().head, nil
}

// Delete implements eventlog.Log. Waiting reads of the event get ErrNotFound.
func (l *Log) Delete(ctx context.Context, code string) error {
	f, err := l.acquire(code)
	if err != nil {
		return err
	}
	defer l.release(f)
	return f.delete(ctx)
}

// Now implements eventlog.Clock.
func (l *Log) Now(context.Context) (time.Time, error) {
	if l.isClosed() {
		return time.Time{}, eventlog.ErrClosed
	}
	return l.clock.now(), nil
}

// SigningKey implements eventlog.Keys. A key file of a wrong length is an error,
// and it is never replaced: all cookies and tokens were signed with what it held.
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
	if err := probeFolder(filepath.Join(l.dir, eventsFolder)); err != nil {
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
	for _, f := range l.files { // no calls are left that could use it
		errs = append(errs, f.closeFile())
	}
	return errors.Join(append(errs, l.lock.Close())...)
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// acquire returns the code's eventFile for one call; release gives it back.
func (l *Log) acquire(code string) (*eventFile, error) {
	if !eventlog.ValidCode(code) {
		return nil, fmt.Errorf("event %q: %w", code, eventlog.ErrNotFound)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, eventlog.ErrClosed
	}
	f := l.files[code]
	if f == nil {
		f = newEventFile(code, filepath.Join(l.dir, eventsFolder), l.clock, l.logger)
		l.files[code] = f
	}
	l.pinLocked(f)
	l.calls.Add(1)
	return f, nil
}

func (l *Log) pinLocked(f *eventFile) {
	f.users++
	if f.idle != nil {
		l.idle.Remove(f.idle)
		f.idle = nil
	}
}

// release gives an eventFile back, and closes the longest unused one if too many are open.
// An eventFile that remembers nothing (no file, no damage) is forgotten, so that guessed
// codes take no memory.
func (l *Log) release(f *eventFile) {
	defer l.calls.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unpinLocked(f)
	for l.idle.Len() > l.maxIdle {
		oldest := l.idle.Front().Value.(*eventFile)
		// Pinned while it closes, so that a new user waits for the close and does not meet
		// the file's lock.
		l.pinLocked(oldest)
		l.mu.Unlock()
		// A failed close does not matter: everything is fsynced.
		_ = oldest.closeFile()
		l.mu.Lock()
		l.unpinLocked(oldest)
	}
}

func (l *Log) unpinLocked(f *eventFile) {
	if f.users--; f.users > 0 {
		return
	}
	if f.isForgettable() {
		delete(l.files, f.code)
		return
	}
	f.idle = l.idle.PushBack(f)
}
