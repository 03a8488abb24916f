package filelog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"drumroll/internal/eventlog"
)

const (
	// A file is zero-filled ahead by its own size, within these bounds.
	minAhead, maxAhead = 4 << 10, 1 << 20
	readBytes          = 64 << 10 // at once, or one frame
	maxAppend          = 1 << 30  // bytes
)

// eventFile is the log of one event: its open file, its head and its waiting readers.
type eventFile struct {
	code, path string
	log        *Log

	users int // guarded by Log.mu

	writer sync.Mutex // held while the file is written, opened, closed or removed
	size   int64      // of the open file, guarded by writer; behind state.end it holds zeros
	// unsettled bytes behind the end may hold what a failed append left; guarded by writer.
	unsettled int64

	mu    sync.Mutex // guards state and its reads; never held during I/O
	state state
}

// state is what readers may know of a log.
type state struct {
	file    *os.File    // nil: closed
	info    fs.FileInfo // of file, or of the damaged file
	damage  error       // why the file is not opened again until it is another one
	head    eventlog.Offset
	end     int64         // of the frame that holds the head
	newest  mark          // where that frame begins
	reads   *[7]mark      // where the last reads of file ended
	life    int           // how many logs under this code ended before
	changed chan struct{} // closed when a later state replaces this one
}

// isCurrent reports whether the open file is still the one under its name, and whole.
func (s *state) isCurrent(path string) bool {
	if s.file == nil {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && os.SameFile(s.info, info) && info.Size() >= s.end
}

func newEventFile(l *Log, code, path string) *eventFile {
	return &eventFile{code: code, path: path, log: l, state: state{changed: make(chan struct{})}}
}

func (f *eventFile) snapshot() state {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// publish tells readers of a new state.
func (f *eventFile) publish(s state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.state.changed)
	s.changed = make(chan struct{})
	f.state = s
}

// current returns the state with the file open.
func (f *eventFile) current() (state, error) {
	if s := f.snapshot(); s.isCurrent(f.path) {
		return s, nil
	}
	f.writer.Lock()
	defer f.writer.Unlock()
	return f.openLocked()
}

// openLocked opens the file unless it is open. The caller holds the writer lock.
func (f *eventFile) openLocked() (state, error) {
	s := f.snapshot()
	if s.isCurrent(f.path) {
		return s, nil
	}
	if info, err := os.Stat(f.path); err == nil && s.info != nil && os.SameFile(s.info, info) {
		switch {
		case s.damage != nil && info.Size() == s.info.Size() && info.ModTime().Equal(s.info.ModTime()):
			return s, s.damage
		case s.file != nil:
			return s, f.giveUpLocked(fmt.Errorf("%w: the file was cut off while it was open; what came after byte %d may be missing", eventlog.ErrCorrupt, info.Size()))
		}
	}
	if s.file != nil {
		f.log.logger.Warn("an event's file was removed or replaced while it was open", "event", f.code, "file", f.path)
	}
	f.closeLocked()
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if s.info != nil {
			f.publish(state{life: s.life + 1})
		}
		return s, fmt.Errorf("event %s: %w", f.code, eventlog.ErrNotFound)
	}
	if err == nil {
		if err = f.loadLocked(file); err != nil {
			err = errors.Join(err, file.Close())
		}
	}
	switch {
	case errors.Is(err, eventlog.ErrCorrupt):
		return s, f.giveUpLocked(err)
	case err != nil:
		return s, fmt.Errorf("open event %s (%s): %w", f.code, f.path, err)
	}
	return f.snapshot(), nil
}

// loadLocked locks and scans a file, makes what it holds durable, and publishes it.
func (f *eventFile) loadLocked(file *os.File) error {
	if err := tryLock(file); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(file, b); err != nil {
		return err
	}
	c := scan(b, f.code)
	if c.Damage != nil {
		return c.Damage
	}
	if c.used > c.end {
		f.log.logger.Warn("an event's file ended in an append that is not whole, which was cut off: a crash interrupted it, and it was never acknowledged; or the disk damaged the last append later, and it is missing",
			"event", f.code, "file", f.path, "bytes", c.used-c.end, "whole", c.String())
	}
	// A killed process may have written the last frame without syncing it, or the sync may
	// have failed, after which another one proves nothing: it is written again.
	clear(b[c.end:])
	if err := f.writeSynced(file, b[c.newest.pos:c.used], c.newest.pos); err != nil {
		return err
	}
	f.size, f.unsettled = int64(len(b)), 0
	f.log.clock.raiseTo(c.head.Ms)
	f.publish(state{file: file, info: info, head: c.head, end: int64(c.end), newest: c.newest, reads: new([7]mark), life: f.snapshot().life})
	return nil
}

func (f *eventFile) writeSynced(file *os.File, b []byte, pos int64) error {
	_, err := file.WriteAt(b, pos)
	if err == nil {
		err = f.log.sync(file)
	}
	return err
}

// giveUpLocked closes a damaged file. It is not used again until it is another one.
func (f *eventFile) giveUpLocked(damage error) error {
	f.closeLocked()
	s := f.snapshot()
	s.damage = fmt.Errorf("event %s: %w; \"drumroll repair %s\" goes on from the last certain record; or restore the file from a backup, or remove it", f.code, damage, f.path)
	s.info, _ = os.Stat(f.path) // if that fails, the file is opened again
	f.publish(s)
	return s.damage
}

// closeLocked closes the file. Everything that was acknowledged is durable, so an error does
// not matter.
func (f *eventFile) closeLocked() {
	if s := f.snapshot(); s.file != nil {
		_ = s.file.Close()
		s.file = nil
		f.publish(s)
	}
	f.unsettled = 0
}

// close closes the file, unless a failed append has yet to be undone.
func (f *eventFile) close() {
	f.writer.Lock()
	defer f.writer.Unlock()
	if f.settleLocked() == nil {
		f.closeLocked()
	}
}

func (f *eventFile) create(first []byte) (eventlog.Offset, error) {
	f.writer.Lock()
	defer f.writer.Unlock()
	// The writer lock and the folder's lock make Lstat and the rename exclusive. A link(2)
	// would be so by itself, but exFAT and others do not have it.
	at := nextOffset(eventlog.Offset{}, f.log.clock.now())
	_, err := os.Lstat(f.path)
	if err == nil {
		return at, fmt.Errorf("create event %s: %w", f.code, eventlog.ErrExists)
	}
	var temp string
	if errors.Is(err, fs.ErrNotExist) {
		b := append(encodeHead(f.code), encodeFrame(f.code, headBytes, at, [][]byte{first})...)
		temp, err = writeTemp(f.path, append(b, make([]byte, -len(b)&4095)...)) // whole blocks
	}
	if err != nil {
		return at, fmt.Errorf("create event %s: %w: %w", f.code, eventlog.ErrRefused, err)
	}
	if err := replaceFile(temp, f.path); err != nil {
		return at, fmt.Errorf("create event %s: %w", f.code, err)
	}
	_, err = f.openLocked()
	return at, err
}

func (f *eventFile) append(records [][]byte) (eventlog.Offset, error) {
	f.writer.Lock()
	defer f.writer.Unlock()
	s, err := f.openLocked()
	switch {
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, eventlog.ErrCorrupt):
		return s.head, err
	case err != nil:
		return s.head, fmt.Errorf("append: %w: %w", eventlog.ErrRefused, err)
	}
	refused := func(err error) (eventlog.Offset, error) {
		return s.head, fmt.Errorf("append to event %s: %w: %w", f.code, eventlog.ErrRefused, err)
	}
	if err := f.settleLocked(); err != nil {
		return s.head, fmt.Errorf("append to event %s: an earlier append failed and cannot be undone: %w", f.code, err)
	}
	first := nextOffset(s.head, f.log.clock.now())
	b := encodeFrame(f.code, s.end, first, records)
	if len(b) > maxAppend {
		return refused(fmt.Errorf("%d bytes are too much at once", len(b)))
	}
	end := s.end + int64(len(b))
	if err := f.growLocked(s.file, end); err != nil {
		return refused(err)
	}
	n, err := s.file.WriteAt(b, s.end)
	if err == nil {
		err = f.log.sync(s.file)
	}
	if err != nil {
		// What was written may be on the disk or not, whatever a later sync says. When zeros
		// are durable there, it was certainly not taken.
		f.unsettled = int64(n)
		if undo := f.settleLocked(); undo != nil {
			return s.head, fmt.Errorf("append to event %s: %w", f.code, errors.Join(err, undo))
		}
		return refused(err)
	}
	s.newest = mark{s.head, s.end}
	s.head, s.end = eventlog.Offset{Ms: first.Ms, Seq: first.Seq + uint64(len(records)) - 1}, end
	f.publish(s)
	return s.head, nil
}

// nextOffset is the offset of a record appended now after the last one.
func nextOffset(last eventlog.Offset, now time.Time) eventlog.Offset {
	if ms := uint64(max(now.UnixMilli(), 0)); ms > last.Ms {
		return eventlog.Offset{Ms: ms}
	}
	return eventlog.Offset{Ms: last.Ms, Seq: last.Seq + 1}
}

// settleLocked overwrites what a failed append may have left.
func (f *eventFile) settleLocked() error {
	if f.unsettled == 0 {
		return nil
	}
	s := f.snapshot()
	err := f.writeSynced(s.file, make([]byte, f.unsettled), s.end)
	if err == nil {
		f.unsettled = 0
	}
	return err
}

// growLocked makes room for the file up to end, in whole blocks, and some ahead.
func (f *eventFile) growLocked(file *os.File, end int64) error {
	if end <= f.size {
		return nil
	}
	size := (end + min(max(f.size, minAhead), maxAhead)) &^ 4095
	err := f.writeSynced(file, make([]byte, size-f.size), f.size)
	if err == nil {
		f.size = size
	}
	return err
}

func (f *eventFile) read(ctx context.Context, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	life := -1
	for {
		s, err := f.current()
		if err != nil {
			return nil, err
		}
		if life < 0 {
			life = s.life
		}
		if life != s.life {
			return nil, fmt.Errorf("event %s: %w", f.code, eventlog.ErrNotFound)
		}
		if after.Compare(s.head) < 0 {
			records, err := f.readRecords(s, after, max)
			if errors.Is(err, fs.ErrClosed) {
				continue // removed, or replaced
			}
			return records, err
		}
		if wait <= 0 {
			return nil, nil
		}
		select {
		case <-s.changed:
		case <-timeout.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.log.done:
			return nil, eventlog.ErrClosed
		}
	}
}

// at reads the record at an offset; nil if there is none.
func (f *eventFile) at(ctx context.Context, at eventlog.Offset) ([]byte, error) {
	before := eventlog.Offset{Ms: at.Ms, Seq: at.Seq - 1} // the last one of a millisecond if Seq is 0
	if at.Seq == 0 {
		before.Ms--
	}
	records, err := f.read(ctx, before, 1, 0)
	if err != nil || len(records) == 0 || records[0].Offset != at {
		return nil, err
	}
	return records[0].Data, nil
}

// readRecords returns up to limit records with after < offset <= s.head, of which there is
// at least one.
func (f *eventFile) readRecords(s state, after eventlog.Offset, limit int) (records []eventlog.Record, err error) {
	f.mu.Lock()
	from := s.findMark(after)
	f.mu.Unlock()
	for len(records) == 0 {
		b := make([]byte, min(s.end-from.pos, readBytes))
		_, err := s.file.ReadAt(b, from.pos)
		if size := int64(frameSize(b)); err == nil && size > readBytes && size <= s.end-from.pos {
			b = make([]byte, size)
			_, err = s.file.ReadAt(b, from.pos)
		}
		if err != nil {
			return nil, fmt.Errorf("read event %s (%s): %w", f.code, f.path, err)
		}
		for first := true; len(records) < limit && (first || len(b) >= headerBytes && frameSize(b) <= len(b)); first = false {
			fr, ok := decodeFrame(f.code, from.pos, from.after, b)
			if !ok {
				return nil, f.giveUpOn(s, fmt.Errorf("%w: no whole append at byte %d; what came later may be missing", eventlog.ErrCorrupt, from.pos))
			}
			for i, data := range fr.records {
				if at := fr.at(i); at.Compare(after) > 0 && len(records) < limit {
					// Not bytes.Clone: an empty record is not the absence of one.
					records = append(records, eventlog.Record{Offset: at, Data: append([]byte{}, data...)})
				}
			}
			if len(records) == limit && records[limit-1].Offset != fr.last {
				break // the next read begins with this frame again
			}
			from, b = mark{fr.last, from.pos + int64(fr.size)}, b[fr.size:]
		}
	}
	f.mu.Lock()
	copy(s.reads[1:], s.reads[:])
	s.reads[0] = from
	f.mu.Unlock()
	return records, nil
}

// giveUpOn gives up the file that was read, unless it is another one by now.
func (f *eventFile) giveUpOn(s state, damage error) error {
	f.writer.Lock()
	defer f.writer.Unlock()
	if f.snapshot().file != s.file {
		return fmt.Errorf("event %s: %w", f.code, damage)
	}
	return f.giveUpLocked(damage)
}

func (f *eventFile) delete() error {
	f.writer.Lock()
	defer f.writer.Unlock()
	return f.deleteLocked()
}

// deleteLocked removes the file and its backups, and tells waiting readers.
func (f *eventFile) deleteLocked() error {
	f.closeLocked()
	// The backups that repair made go first, so that a crash leaves none behind.
	err := removeFiles(filepath.Dir(f.path), filepath.Base(f.path)+damagedSuffix, "")
	if err == nil {
		err = os.Remove(f.path)
	}
	if err == nil {
		f.publish(state{life: f.snapshot().life + 1})
		err = syncFolder(filepath.Dir(f.path))
	} else if errors.Is(err, fs.ErrNotExist) {
		err = eventlog.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("delete event %s: %w", f.code, err)
	}
	return nil
}

// mark is a place in a file: the records after an offset begin there.
type mark struct {
	after eventlog.Offset
	pos   int64
}

// findMark returns the last known mark that is not behind the record after an offset: reads in
// order and at the end read nothing twice. The caller holds eventFile.mu.
func (s *state) findMark(after eventlog.Offset) mark {
	from := mark{pos: headBytes}
	for _, m := range append(s.reads[:], s.newest) {
		if m.pos > from.pos && m.after.Compare(after) <= 0 {
			from = m
		}
	}
	return from
}
