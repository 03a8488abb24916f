package boltlog

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"drumroll/internal/eventlog"
)

// eventFile is one event's open file, its head and its waiting readers.
type eventFile struct {
	code  string
	path  string
	clock *clock
	// logger is told of damage that was repaired, which no caller sees.
	logger *slog.Logger

	users int           // guarded by Log.mu
	idle  *list.Element // guarded by Log.mu; set while there are no users

	// writer holds one token. Only its holder appends, opens and closes.
	writer chan struct{}
	// failed: the last commit failed, so an empty one must succeed before the file can be
	// trusted. Used only by the holder of the token.
	failed bool
	// db is nil while the file is closed. Readers use it without the token: if the database
	// is closed at that time, it returns ErrDatabaseNotOpen.
	db atomic.Pointer[bolt.DB]
	// damage is why the file cannot be used, or nil. The file is not tried again until it is
	// replaced.
	damage atomic.Pointer[verdict]

	mu  sync.Mutex // guards pub
	pub publication
}

// verdict says that a file is damaged.
type verdict struct {
	err  error
	file os.FileInfo // as it was then; nil: unknown
}

// isSameFile reports whether the file is the one that was judged.
func (v *verdict) isSameFile(path string) bool {
	now, err := os.Stat(path)
	if err != nil || v.file == nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	return os.SameFile(v.file, now) && v.file.Size() == now.Size() && v.file.ModTime().Equal(now.ModTime())
}

// publication is what readers may know of a log.
type publication struct {
	head    eventlog.Offset
	life    int           // how many logs under this code were deleted before
	changed chan struct{} // closed when a later publication replaces this one
}

func newEventFile(code, folder string, clock *clock, logger *slog.Logger) *eventFile {
	f := &eventFile{
		code:   code,
		path:   filepath.Join(folder, code+fileSuffix),
		clock:  clock,
		logger: logger,
		writer: make(chan struct{}, 1),
		pub:    publication{changed: make(chan struct{})},
	}
	f.writer <- struct{}{}
	return f
}

// isForgettable reports whether an eventFile without users knows nothing that a new one
// would not find out.
func (f *eventFile) isForgettable() bool {
	select {
	case <-f.writer:
		defer f.unlock()
		return f.db.Load() == nil && !f.failed && f.damage.Load() == nil
	default:
		return false
	}
}

func (f *eventFile) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-f.writer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *eventFile) unlock() { f.writer <- struct{}{} }

func (f *eventFile) published() publication {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pub
}

// publish tells readers of a new head, or if ended that the log is gone.
func (f *eventFile) publish(head eventlog.Offset, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.pub.changed)
	f.pub.head = head
	f.pub.changed = make(chan struct{})
	if ended {
		f.pub.life++
	}
}

// openDB returns the event's database. It opens the file if needed.
func (f *eventFile) openDB(ctx context.Context) (*bolt.DB, error) {
	if db := f.db.Load(); db != nil {
		return db, nil
	}
	if err := f.lock(ctx); err != nil {
		return nil, err
	}
	defer f.unlock()
	return f.openLocked()
}

// openLocked opens the file and publishes its head. The caller holds the writer.
func (f *eventFile) openLocked() (*bolt.DB, error) {
	if db := f.db.Load(); db != nil {
		return db, nil
	}
	if damage := f.damage.Load(); damage != nil {
		if damage.isSameFile(f.path) {
			return nil, damage.err
		}
		f.damage.Store(nil)
	}
	db, head, healed, err := openFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("event %s: %w", f.code, eventlog.ErrNotFound)
	case errors.Is(err, eventlog.ErrCorrupt):
		return nil, f.giveUp(fmt.Errorf("%w; \"drumroll repair %s\" goes on from the last whole record; or restore the file from a backup, or remove it", err, f.path))
	case err != nil:
		return nil, fmt.Errorf("open event %s: %w", f.code, err)
	}
	if healed != "" {
		f.logger.Warn("an event's file was damaged and has been repaired: check the disk", "event", f.code, "file", f.path, "what", healed)
	}
	if f.failed {
		if err := commitEmpty(db); err == nil {
			f.failed = false
		} else if head != f.published().head {
			// Readers must not see what a power cut could still take back.
			return nil, errors.Join(fmt.Errorf("event %s: the last append is not durable: %w", f.code, err), db.Close())
		}
	}
	f.clock.raiseTo(head.Ms)
	f.publish(head, false)
	f.db.Store(db)
	return db, nil
}

// giveUp marks the file as damaged: no later call uses it, and waiting readers learn why.
// It returns the damage with the event's code.
func (f *eventFile) giveUp(err error) error {
	err = fmt.Errorf("event %s: %w", f.code, err)
	file, statErr := os.Stat(f.path)
	if statErr != nil {
		file = nil
	}
	f.damage.Store(&verdict{err, file})
	f.db.Store(nil)
	f.publish(f.published().head, false)
	return err
}

// adviseStop says what to do about damage in an open file: repair needs the lock, which a
// database that panicked never releases.
func (f *eventFile) adviseStop(err error) error {
	return fmt.Errorf("%w; the file stays in use: stop drumroll, then \"drumroll repair %s\" goes on from the last whole record, or restore the file from a backup, or remove it; then start drumroll again", err, f.path)
}

// closeFile closes the file if it is open.
func (f *eventFile) closeFile() error {
	<-f.writer
	defer f.unlock()
	return f.closeLocked()
}

func (f *eventFile) closeLocked() error {
	db := f.db.Swap(nil)
	if db == nil {
		return nil
	}
	return db.Close()
}

func (f *eventFile) create(ctx context.Context, now time.Time, first []byte) (eventlog.Offset, error) {
	if err := f.lock(ctx); err != nil {
		return eventlog.Offset{}, err
	}
	defer f.unlock()
	switch _, err := os.Lstat(f.path); {
	case err == nil:
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", f.code, eventlog.ErrExists)
	case !errors.Is(err, fs.ErrNotExist):
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w: %w", f.code, eventlog.ErrRefused, err)
	}
	// The writer token and the folder's lock make Lstat and Rename exclusive. A link(2) would
	// be exclusive by itself, but exFAT and others do not have it.
	at := nextOffset(eventlog.Offset{}, now)
	temp, err := createFile(f.path, at, first)
	if err == nil {
		if err = os.Rename(temp, f.path); err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w: %w", f.code, eventlog.ErrRefused, err)
	}
	if err := syncFolder(filepath.Dir(f.path)); err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", f.code, err)
	}
	f.damage.Store(nil)
	_, err = f.openLocked()
	return at, err
}

func (f *eventFile) append(ctx context.Context, records [][]byte) (eventlog.Offset, error) {
	if err := f.lock(ctx); err != nil {
		return eventlog.Offset{}, fmt.Errorf("append to event %s: %w", f.code, err)
	}
	defer f.unlock()
	db, err := f.openLocked()
	switch {
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, eventlog.ErrCorrupt):
		return eventlog.Offset{}, err
	case err != nil:
		return eventlog.Offset{}, fmt.Errorf("append: %w: %w", eventlog.ErrRefused, err)
	}
	before := f.published().head
	last, err := appendRecords(db, before, f.clock.now(), records)
	if err != nil {
		return f.afterFailure(before, last, err)
	}
	f.publish(last, false)
	return last, nil
}

// afterFailure finds out what became of an append whose commit failed. It opens the file
// again and commits an empty transaction: when that is durable, it either contains the
// failed commit or has overwritten it.
func (f *eventFile) afterFailure(before, last eventlog.Offset, failure error) (eventlog.Offset, error) {
	f.failed = true
	failure = fmt.Errorf("append to event %s: %w", f.code, failure)
	if p := (panicked{}); errors.As(failure, &p) {
		return eventlog.Offset{}, f.giveUp(f.adviseStop(failure))
	}
	if err := f.closeLocked(); err != nil {
		return eventlog.Offset{}, errors.Join(failure, err)
	}
	if _, err := f.openLocked(); err != nil {
		return eventlog.Offset{}, errors.Join(failure, err)
	}
	switch head := f.published().head; {
	case head == last && !f.failed:
		return last, nil
	case head == before && (!f.failed || outOfSpace(failure)):
		// A commit that lacks room fails before the meta page, which needs no new room, so
		// this is certain even if the empty commit failed too.
		return eventlog.Offset{}, fmt.Errorf("%w: %w", eventlog.ErrRefused, failure)
	}
	return eventlog.Offset{}, failure
}

func (f *eventFile) read(ctx context.Context, after eventlog.Offset, max int, wait time.Duration, done <-chan struct{}) ([]eventlog.Record, error) {
	var timeout <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		timeout = timer.C
	}
	life := -1
	for {
		db, err := f.openDB(ctx)
		if err != nil {
			return nil, err
		}
		pub := f.published()
		if life < 0 {
			life = pub.life
		}
		if life != pub.life {
			return nil, fmt.Errorf("event %s: %w", f.code, eventlog.ErrNotFound)
		}
		if after.Compare(pub.head) < 0 {
			records, err := readRecords(db, after, pub.head, max)
			if isNotOpen(err) {
				continue // closed during the read: deleted, or opened again after a failure
			}
			return records, f.readFailure(err)
		}
		if wait <= 0 {
			return nil, nil
		}
		select {
		case <-pub.changed:
		case <-timeout:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-done:
			return nil, eventlog.ErrClosed
		}
	}
}

func (f *eventFile) at(ctx context.Context, at eventlog.Offset) ([]byte, error) {
	for {
		db, err := f.openDB(ctx)
		if err != nil {
			return nil, err
		}
		if at.Compare(f.published().head) > 0 {
			return nil, nil
		}
		data, err := readOne(db, at)
		if isNotOpen(err) {
			continue
		}
		return data, f.readFailure(err)
	}
}

// readFailure says where a read of the open file failed and what to do about damage. It
// gives the file up if bbolt panicked.
func (f *eventFile) readFailure(err error) error {
	if err == nil {
		return nil
	}
	if p := (panicked{}); errors.As(err, &p) {
		return f.giveUp(f.adviseStop(err))
	}
	if errors.Is(err, eventlog.ErrCorrupt) {
		err = f.adviseStop(err)
	}
	return fmt.Errorf("read event %s (%s): %w", f.code, f.path, err)
}

func (f *eventFile) delete(ctx context.Context) error {
	if err := f.lock(ctx); err != nil {
		return err
	}
	defer f.unlock()
	return f.deleteLocked()
}

// deleteLocked removes the file and tells waiting readers. The caller holds the writer.
func (f *eventFile) deleteLocked() error {
	closed := f.closeLocked() // does not matter if the file can be removed
	if err := removeBackups(f.path); err != nil {
		return fmt.Errorf("delete event %s: %w", f.code, err)
	}
	err := os.Remove(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = eventlog.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete event %s: %w", f.code, errors.Join(err, closed))
	}
	f.failed = false
	f.damage.Store(nil)
	f.publish(eventlog.Offset{}, true)
	if err := syncFolder(filepath.Dir(f.path)); err != nil {
		return fmt.Errorf("delete event %s: %w", f.code, err)
	}
	return nil
}
