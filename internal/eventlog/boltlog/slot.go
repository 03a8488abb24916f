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

// slot is one event's open file, its head and its waiting readers.
type slot struct {
	code  string
	path  string
	clock *clock
	// logger is told of damage that was set right, which no caller sees.
	logger *slog.Logger

	users int           // guarded by Log.mu
	idle  *list.Element // guarded by Log.mu; set while there are no users

	// writer holds one token. Its holder alone appends, opens and closes.
	writer chan struct{}
	failed bool // the last commit failed: settle before believing the file; writer's
	// db is nil while the file is closed. Readers use it without the token: a
	// bbolt database closed under them answers ErrDatabaseNotOpen.
	db atomic.Pointer[bolt.DB]
	// damage is why the file cannot be used, or nil. It is not tried again before
	// another file stands in its place.
	damage atomic.Pointer[verdict]

	mu  sync.Mutex // guards pub
	pub publication
}

// verdict is that a file is damaged.
type verdict struct {
	err  error
	file os.FileInfo // as it was then; nil: it could not be seen
}

// stands reports whether the file is the one that was judged.
func (v *verdict) stands(path string) bool {
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

func newSlot(code, folder string, clock *clock, logger *slog.Logger) *slot {
	s := &slot{
		code:   code,
		path:   filepath.Join(folder, code+fileSuffix),
		clock:  clock,
		logger: logger,
		writer: make(chan struct{}, 1),
		pub:    publication{changed: make(chan struct{})},
	}
	s.writer <- struct{}{}
	return s
}

// forgettable reports that a slot without users knows nothing that a fresh one
// would not find out.
func (s *slot) forgettable() bool {
	select {
	case <-s.writer:
		defer s.unlock()
		return s.db.Load() == nil && !s.failed && s.damage.Load() == nil
	default:
		return false
	}
}

func (s *slot) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.writer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slot) unlock() { s.writer <- struct{}{} }

func (s *slot) published() publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pub
}

// publish tells readers a new head, or with ended that the log is gone.
func (s *slot) publish(head eventlog.Offset, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.pub.changed)
	s.pub.head = head
	s.pub.changed = make(chan struct{})
	if ended {
		s.pub.life++
	}
}

// opened returns the event's database, opening its file if need be.
func (s *slot) opened(ctx context.Context) (*bolt.DB, error) {
	if db := s.db.Load(); db != nil {
		return db, nil
	}
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	return s.openLocked()
}

// openLocked opens the file and publishes its head. The caller holds the writer.
func (s *slot) openLocked() (*bolt.DB, error) {
	if db := s.db.Load(); db != nil {
		return db, nil
	}
	if damage := s.damage.Load(); damage != nil {
		if damage.stands(s.path) {
			return nil, damage.err
		}
		s.damage.Store(nil)
	}
	db, head, healed, err := openFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("event %s: %w", s.code, eventlog.ErrNotFound)
	case errors.Is(err, eventlog.ErrCorrupt):
		return nil, s.abandon(fmt.Errorf("%w; \"drumroll repair %s\" goes on from the last whole record; or restore the file from a backup, or remove it", err, s.path))
	case err != nil:
		return nil, fmt.Errorf("open event %s: %w", s.code, err)
	}
	if healed != "" {
		s.logger.Warn("an event's file was damaged and is whole again: check the disk", "event", s.code, "file", s.path, "what", healed)
	}
	if s.failed {
		if err := settle(db); err == nil {
			s.failed = false
		} else if head != s.published().head {
			// Readers must not see what a power cut could still take back.
			return nil, errors.Join(fmt.Errorf("event %s: the last append is not durable: %w", s.code, err), db.Close())
		}
	}
	s.clock.raise(head.Ms)
	s.publish(head, false)
	s.db.Store(db)
	return db, nil
}

// abandon gives the file up: no later call touches it, waiting readers learn why.
// It returns the damage with the event's name.
func (s *slot) abandon(err error) error {
	err = fmt.Errorf("event %s: %w", s.code, err)
	file, statErr := os.Stat(s.path)
	if statErr != nil {
		file = nil
	}
	s.damage.Store(&verdict{err, file})
	s.db.Store(nil)
	s.publish(s.published().head, false)
	return err
}

// stopFirst says what to do about damage that was met in the open file: repair needs
// the lock, which a database that panicked never gives back.
func (s *slot) stopFirst(err error) error {
	return fmt.Errorf("%w; the file stays in use: stop drumroll, then \"drumroll repair %s\" goes on from the last whole record, or restore the file from a backup, or remove it; then start drumroll again", err, s.path)
}

// closeFile closes the file if it is open.
func (s *slot) closeFile() error {
	<-s.writer
	defer s.unlock()
	return s.closeLocked()
}

func (s *slot) closeLocked() error {
	db := s.db.Swap(nil)
	if db == nil {
		return nil
	}
	return db.Close()
}

func (s *slot) create(ctx context.Context, now time.Time, first []byte) (eventlog.Offset, error) {
	if err := s.lock(ctx); err != nil {
		return eventlog.Offset{}, err
	}
	defer s.unlock()
	switch _, err := os.Lstat(s.path); {
	case err == nil:
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", s.code, eventlog.ErrExists)
	case !errors.Is(err, fs.ErrNotExist):
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w: %w", s.code, eventlog.ErrRefused, err)
	}
	// The writer token and the folder's lock make Lstat and Rename exclusive. A
	// link(2) would be so by itself, but exFAT and others have none.
	at := nextOffset(eventlog.Offset{}, now)
	temp, err := createFile(s.path, at, first)
	if err == nil {
		if err = os.Rename(temp, s.path); err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w: %w", s.code, eventlog.ErrRefused, err)
	}
	if err := syncFolder(filepath.Dir(s.path)); err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", s.code, err)
	}
	s.damage.Store(nil)
	_, err = s.openLocked()
	return at, err
}

func (s *slot) append(ctx context.Context, records [][]byte) (eventlog.Offset, error) {
	if err := s.lock(ctx); err != nil {
		return eventlog.Offset{}, fmt.Errorf("append to event %s: %w", s.code, err)
	}
	defer s.unlock()
	db, err := s.openLocked()
	switch {
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, eventlog.ErrCorrupt):
		return eventlog.Offset{}, err
	case err != nil:
		return eventlog.Offset{}, fmt.Errorf("append: %w: %w", eventlog.ErrRefused, err)
	}
	before := s.published().head
	last, err := appendRecords(db, before, s.clock.now(), records)
	if err != nil {
		return s.afterFailure(before, last, err)
	}
	s.publish(last, false)
	return last, nil
}

// afterFailure finds out what became of an append whose commit failed, by
// opening the file anew and committing an empty transaction: once that is
// durable, the failed commit is either below it or overwritten by it.
func (s *slot) afterFailure(before, last eventlog.Offset, failure error) (eventlog.Offset, error) {
	s.failed = true
	failure = fmt.Errorf("append to event %s: %w", s.code, failure)
	if p := (panicked{}); errors.As(failure, &p) {
		return eventlog.Offset{}, s.abandon(s.stopFirst(failure))
	}
	if err := s.closeLocked(); err != nil {
		return eventlog.Offset{}, errors.Join(failure, err)
	}
	if _, err := s.openLocked(); err != nil {
		return eventlog.Offset{}, errors.Join(failure, err)
	}
	switch head := s.published().head; {
	case head == last && !s.failed:
		return last, nil
	case head == before && (!s.failed || outOfSpace(failure)):
		// A commit that lacks room fails before the meta page, which is never
		// new, so this much is certain even where settling failed too.
		return eventlog.Offset{}, fmt.Errorf("%w: %w", eventlog.ErrRefused, failure)
	}
	return eventlog.Offset{}, failure
}

func (s *slot) read(ctx context.Context, after eventlog.Offset, max int, wait time.Duration, done <-chan struct{}) ([]eventlog.Record, error) {
	var timeout <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		timeout = timer.C
	}
	life := -1
	for {
		db, err := s.opened(ctx)
		if err != nil {
			return nil, err
		}
		pub := s.published()
		if life < 0 {
			life = pub.life
		}
		if life != pub.life {
			return nil, fmt.Errorf("event %s: %w", s.code, eventlog.ErrNotFound)
		}
		if after.Compare(pub.head) < 0 {
			records, err := readRecords(db, after, pub.head, max)
			if isNotOpen(err) {
				continue // closed under us: deleted, or opened anew after a failure
			}
			return records, s.explain(err)
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

func (s *slot) at(ctx context.Context, at eventlog.Offset) ([]byte, error) {
	for {
		db, err := s.opened(ctx)
		if err != nil {
			return nil, err
		}
		if at.Compare(s.published().head) > 0 {
			return nil, nil
		}
		data, err := readOne(db, at)
		if isNotOpen(err) {
			continue
		}
		return data, s.explain(err)
	}
}

// explain says where a read of the open file failed and what to do about damage, and
// gives the file up where it panicked.
func (s *slot) explain(err error) error {
	if err == nil {
		return nil
	}
	if p := (panicked{}); errors.As(err, &p) {
		return s.abandon(s.stopFirst(err))
	}
	if errors.Is(err, eventlog.ErrCorrupt) {
		err = s.stopFirst(err)
	}
	return fmt.Errorf("read event %s (%s): %w", s.code, s.path, err)
}

func (s *slot) delete(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	return s.deleteLocked()
}

// deleteLocked removes the file and tells those who wait. The caller holds the writer.
func (s *slot) deleteLocked() error {
	closed := s.closeLocked() // says nothing once the file is gone
	if err := removeBackups(s.path); err != nil {
		return fmt.Errorf("delete event %s: %w", s.code, err)
	}
	err := os.Remove(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = eventlog.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete event %s: %w", s.code, errors.Join(err, closed))
	}
	s.failed = false
	s.damage.Store(nil)
	s.publish(eventlog.Offset{}, true)
	if err := syncFolder(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("delete event %s: %w", s.code, err)
	}
	return nil
}
