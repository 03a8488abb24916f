package boltlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"drumroll/internal/eventlog"
)

const (
	// sweepEvery is the longest pause between two sweeps: a wall clock that is set
	// forward, or a laptop that wakes up, is noticed then.
	sweepEvery = time.Hour
	// sweepLeast is the shortest, so that events that end one soon after the other
	// share a sweep.
	sweepLeast = 100 * time.Millisecond
	// sweepSettle is how long nothing is removed after the wall clock was set ahead by
	// more than sweepJump. It may have been wrong until then, and with it the newest
	// record of an event that runs at this moment; its next one puts that right.
	sweepSettle = time.Hour
	sweepJump   = time.Minute
)

// sweeper removes the events that have expired.
//
// An event's age is the time that its newest record says, not its file's: a
// backup that is restored is as old as what stands in it. It is measured by the wall clock rather
// than by the log's, which a single record from a time when the wall clock was wrong
// pushes ahead, and with it everything would look old.
type sweeper struct {
	log *Log
	// newest is the time of each event's newest record when it was last looked at:
	// appends can only prolong its life, so before that is over the file need
	// not be opened. In Unix ms.
	newest map[string]uint64

	wall    time.Time     // at the last sweep, without a monotonic reading
	at      time.Duration // the monotonic clock then
	settled time.Duration // on that clock: when something may be removed again
}

// run sweeps until the Log is closed: at once, and whenever an event is due.
func (w *sweeper) run() {
	for {
		next := w.sweep()
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-w.log.done:
			timer.Stop()
			return
		}
	}
}

// sweep removes what has expired and returns when to look again.
func (w *sweeper) sweep() time.Duration {
	if rest := w.settling(); rest > 0 {
		return rest
	}
	codes, err := eventCodes(filepath.Join(w.log.dir, eventsFolder))
	if err != nil {
		w.log.logger.Warn("cannot look for expired events", "err", err)
		return sweepEvery
	}
	next := min(sweepEvery, w.log.keep)           // an event made in a moment is due no sooner
	newest := make(map[string]uint64, len(codes)) // forgets what is gone
	for _, code := range codes {
		ms, known := w.newest[code]
		if !known || w.left(ms) <= 0 {
			if ms, known = w.look(code); !known {
				continue
			}
		}
		newest[code] = ms
		next = min(next, w.left(ms))
	}
	w.newest = newest
	return max(next, sweepLeast)
}

// settling looks for a jump of the wall clock since the last sweep, and returns how
// long nothing may be removed because of one.
func (w *sweeper) settling() time.Duration {
	wall, at := w.log.clock.wall().Round(0), w.log.clock.elapsed()
	if !w.wall.IsZero() && wall.Sub(w.wall)-(at-w.at) > sweepJump {
		w.settled = at + sweepSettle
	}
	w.wall, w.at = wall, at
	return w.settled - at
}

// left is how long an event with its newest record at ms still lives; 0 or less: it
// has expired.
func (w *sweeper) left(ms uint64) time.Duration {
	if ms >= maxMs {
		return sweepEvery
	}
	return time.UnixMilli(int64(ms)).Add(w.log.keep).Sub(w.log.clock.wall())
}

// look removes an event if it has expired, else returns the time of its newest record;
// false where there is none to tell.
func (w *sweeper) look(code string) (ms uint64, ok bool) {
	s, err := w.log.acquire(code)
	if err != nil {
		return 0, false // the Log is closed
	}
	defer w.log.release(s)
	head, expired, err := s.expire(func(head eventlog.Offset) bool { return w.left(head.Ms) <= 0 })
	switch {
	case errors.Is(err, eventlog.ErrNotFound):
		return 0, false // deleted meanwhile
	case err != nil:
		// A damaged file's age is not known, and it may yet be repaired.
		w.log.logger.Warn("cannot tell whether an event has expired", "event", code, "err", err)
		return 0, false
	case expired:
		w.log.logger.Info("event expired", "event", code, "last_activity", time.UnixMilli(int64(head.Ms)).UTC())
		return 0, false
	}
	return head.Ms, true
}

// expire removes the log if the caller says so of its head. Nothing is appended
// between the question and the removal. The file is not kept open for this.
func (s *slot) expire(expired func(head eventlog.Offset) bool) (head eventlog.Offset, gone bool, err error) {
	<-s.writer
	defer s.unlock()
	if s.db.Load() != nil {
		head = s.published().head
	} else if head, err = peek(s.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = eventlog.ErrNotFound
		}
		return head, false, fmt.Errorf("event %s: %w", s.code, err)
	}
	if !expired(head) {
		return head, false, nil
	}
	return head, true, s.deleteLocked()
}

// peek reads the head of a file that is not open.
func peek(path string) (eventlog.Offset, error) {
	f, err := os.Open(path)
	if err != nil {
		return eventlog.Offset{}, err
	}
	found, err := examineFile(f)
	if err = errors.Join(err, found.damage, f.Close()); err != nil {
		return eventlog.Offset{}, err
	}
	return found.tree.head, nil
}

// eventCodes lists the events of a folder.
func eventCodes(folder string) (codes []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if code, ok := strings.CutSuffix(e.Name(), fileSuffix); ok && eventlog.ValidCode(code) {
			codes = append(codes, code)
		}
	}
	return codes, nil
}
