package filelog

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"drumroll/internal/eventlog"
)

// maxIdleFiles bounds the open files: this many that are not in use stay open. A file in use
// (a waiting Read is a use) is never closed.
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
	sync    func(*os.File) error // syncData, but for tests

	key     sync.Mutex     // held while the signing key is read or made
	done    chan struct{}  // closed by Close; wakes waiting reads and the sweeper
	running sync.WaitGroup // calls, and the sweeper

	mu    sync.Mutex // guards the fields below, and the close of done; never held during I/O
	files map[string]*eventFile
	idle  map[*eventFile]bool // those without users
}

var _ eventlog.Store = (*Log)(nil)

// Open opens the data folder and locks it. It makes the folder (mode 0700) if there is
// none. The error is one line for the user: in use by another process, or not writable.
func Open(dir string, c Config) (*Log, error) {
	l, err := open(dir, c, newClock(), maxIdleFiles)
	if err == nil && l.keep > 0 {
		l.running.Go((&sweeper{log: l}).run)
	}
	return l, err
}

func open(dir string, c Config, clock *clock, maxIdle int) (*Log, error) {
	lock, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return &Log{
		dir: dir, lock: lock, clock: clock, maxIdle: maxIdle, keep: c.Retention,
		logger: cmp.Or(c.Logger, slog.New(slog.DiscardHandler)), sync: syncData,
		done: make(chan struct{}), files: make(map[string]*eventFile), idle: make(map[*eventFile]bool),
	}, nil
}

// Create implements eventlog.Log.
func (l *Log) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	return use(ctx, l, code, func(f *eventFile) (eventlog.Offset, error) { return f.create(first) })
}

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if len(records) == 0 {
		return l.Head(ctx, code)
	}
	return use(ctx, l, code, func(f *eventFile) (eventlog.Offset, error) { return f.append(records) })
}

// Read implements eventlog.Log.
func (l *Log) Read(ctx context.Context, code string, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	if max < 1 {
		return nil, fmt.Errorf("read of event %s: max is %d, want at least 1", code, max)
	}
	return use(ctx, l, code, func(f *eventFile) ([]eventlog.Record, error) { return f.read(ctx, after, max, wait) })
}

// At implements eventlog.Log.
func (l *Log) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	return use(ctx, l, code, func(f *eventFile) ([]byte, error) { return f.at(ctx, at) })
}

// Head implements eventlog.Log.
func (l *Log) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	return use(ctx, l, code, func(f *eventFile) (eventlog.Offset, error) {
		s, err := f.current()
		return s.head, err
	})
}

// Delete implements eventlog.Log. Waiting reads of the event get ErrNotFound.
func (l *Log) Delete(ctx context.Context, code string) error {
	_, err := use(ctx, l, code, func(f *eventFile) (struct{}, error) { return struct{}{}, f.delete() })
	return err
}

// Now implements eventlog.Clock.
func (l *Log) Now(context.Context) (time.Time, error) { return l.clock.now(), l.closedError() }

// Dials implements eventlog.Connections: there are no connections.
func (l *Log) Dials() uint64 { return 0 }

// SigningKey implements eventlog.Store. A key file of a wrong length is an error,
// and it is never replaced: all cookies and tokens were signed with what it held.
func (l *Log) SigningKey(context.Context) ([]byte, error) {
	if err := l.closedError(); err != nil {
		return nil, err
	}
	l.key.Lock()
	defer l.key.Unlock()
	return signingKey(filepath.Join(l.dir, keyName))
}

// Announce implements eventlog.Presence. One node is all there is.
func (l *Log) Announce(_ context.Context, _, _ string, phones int) (int, error) {
	return phones, l.closedError()
}

// Ping implements eventlog.Health: the folder still takes a new file.
func (l *Log) Ping(context.Context) error {
	if err := l.closedError(); err != nil {
		return err
	}
	return probeFolder(l.dir)
}

// tooFast is less than a sync takes on any honest disk: the fastest ones, which have a
// capacitor for their cache, need about 20 µs.
const tooFast = 15 * time.Microsecond

// Measure implements eventlog.Health. It appends to a file of its own. The code does not
// matter.
func (l *Log) Measure(ctx context.Context, _ string) (m eventlog.Measurement, err error) {
	if err := l.closedError(); err != nil {
		return m, err
	}
	f := newEventFile(l, "MEASURE", filepath.Join(l.dir, eventsFolder, "measure-"+rand.Text()+tempSuffix))
	records := [][]byte{make([]byte, eventlog.MeasureBytes)}
	if _, err = f.create(nil); err == nil {
		m, err = eventlog.MeasureAppends(ctx, func() error {
			_, err := f.append(records)
			return err
		})
		err = errors.Join(err, f.delete())
	}
	if err != nil {
		return m, fmt.Errorf("measure data folder %s: %w", l.dir, err)
	}
	if m.Median < tooFast {
		m.Remarks = append(m.Remarks, "an append is synced faster than any disk can: this is a memory disk, or one that only claims to sync, and a power cut may take acknowledged entries back")
	}
	return m, nil
}

// Close implements eventlog.Log. It waits for appends under way, closes every
// file and unlocks the folder.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closedError() != nil {
		l.mu.Unlock()
		return nil
	}
	close(l.done)
	l.mu.Unlock()
	l.running.Wait()
	for _, f := range l.files { // no calls are left that could use it
		f.close()
	}
	return l.lock.Close()
}

// closedError is ErrClosed after Close.
func (l *Log) closedError() error {
	select {
	case <-l.done:
		return eventlog.ErrClosed
	default:
		return nil
	}
}

// use makes a call with the code's eventFile, which stays open until it returns.
func use[T any](ctx context.Context, l *Log, code string, call func(*eventFile) (T, error)) (result T, err error) {
	if !eventlog.ValidCode(code) {
		return result, fmt.Errorf("event %q: %w", code, eventlog.ErrNotFound)
	}
	l.mu.Lock()
	if err := l.closedError(); err != nil {
		l.mu.Unlock()
		return result, err
	}
	f := l.files[code]
	if f == nil {
		f = newEventFile(l, code, filepath.Join(l.dir, eventsFolder, code+fileSuffix))
		l.files[code] = f
	}
	l.pinLocked(f)
	l.running.Add(1)
	l.mu.Unlock()
	defer l.release(f)
	if err := ctx.Err(); err != nil {
		return result, err
	}
	return call(f)
}

func (l *Log) pinLocked(f *eventFile) {
	f.users++
	delete(l.idle, f)
}

// unpinLocked forgets an eventFile without users that remembers nothing (no open file, no
// damage), so that guessed codes take no memory.
func (l *Log) unpinLocked(f *eventFile) {
	if f.users--; f.users > 0 {
		return
	}
	if s := f.snapshot(); s.file == nil && s.damage == nil {
		delete(l.files, f.code)
		return
	}
	l.idle[f] = true
}

// release ends a use, and closes some unused file if too many are open.
func (l *Log) release(f *eventFile) {
	defer l.running.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unpinLocked(f)
	if len(l.idle) <= l.maxIdle {
		return
	}
	for unused := range l.idle {
		// Pinned while it closes, so that a new user waits for the close and does not meet the
		// file's lock.
		l.pinLocked(unused)
		l.mu.Unlock()
		unused.close()
		l.mu.Lock()
		l.unpinLocked(unused)
		return
	}
}
