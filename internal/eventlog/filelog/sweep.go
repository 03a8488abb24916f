package filelog

import (
	"context"
	"errors"
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
	// sweepLeast is the shortest, so that events that expire at almost the same time share
	// a sweep.
	sweepLeast = 100 * time.Millisecond
	// sweepSettle is how long nothing is removed after the wall clock was set ahead by more
	// than sweepJump. The clock may have been wrong until then, and so may be the time of
	// the newest record of a running event; its next record has the right time.
	sweepSettle = time.Hour
	sweepJump   = time.Minute
)

// sweeper removes the events that have expired.
//
// An event's age is that of its newest record, not of its file: a restored backup is as old
// as its records. It is measured by the wall clock and not by the log's clock: a single
// record from a time when the wall clock was wrong puts the log's clock ahead, and then
// every event would look old.
type sweeper struct {
	log *Log
	// newest is the time of each event's newest record when the file was last read, in Unix
	// ms. Appends only prolong an event's life, so the file need not be opened before that
	// time and the retention are over.
	newest map[string]uint64

	wall    time.Time     // at the last sweep, without a monotonic reading
	at      time.Duration // the monotonic clock then
	settled time.Duration // on that clock: when events may be removed again
}

// run sweeps until the Log is closed: at once, and whenever an event is due.
func (w *sweeper) run() {
	for {
		select {
		case <-time.After(w.sweepFolder()):
		case <-w.log.done:
			return
		}
	}
}

// sweepFolder removes what has expired and returns when to look again.
func (w *sweeper) sweepFolder() time.Duration {
	if rest := w.waitAfterJump(); rest > 0 {
		return rest
	}
	entries, err := os.ReadDir(filepath.Join(w.log.dir, eventsFolder))
	if err != nil {
		w.log.logger.Warn("cannot look for expired events", "err", err)
		return sweepEvery
	}
	next := min(sweepEvery, w.log.keep)             // an event created now is not due before that
	newest := make(map[string]uint64, len(entries)) // without the removed events
	for _, e := range entries {
		code, ok := strings.CutSuffix(e.Name(), fileSuffix)
		if !ok || !eventlog.ValidCode(code) {
			continue
		}
		ms, known := w.newest[code]
		if !known || w.timeLeft(ms) <= 0 {
			if ms, known = w.checkEvent(code); !known {
				continue
			}
		}
		newest[code] = ms
		next = min(next, w.timeLeft(ms))
	}
	w.newest = newest
	return max(next, sweepLeast)
}

// waitAfterJump looks for a jump of the wall clock since the last sweep, and returns how
// long nothing may be removed because of one.
func (w *sweeper) waitAfterJump() time.Duration {
	wall, at := w.log.clock.wall().Round(0), w.log.clock.elapsed()
	if !w.wall.IsZero() && wall.Sub(w.wall)-(at-w.at) > sweepJump {
		w.settled = at + sweepSettle
	}
	w.wall, w.at = wall, at
	return w.settled - at
}

// timeLeft is how long an event with its newest record at ms still lives; 0 or less: it has
// expired.
func (w *sweeper) timeLeft(ms uint64) time.Duration {
	return time.UnixMilli(int64(ms)).Add(w.log.keep).Sub(w.log.clock.wall())
}

// checkEvent removes an event if it has expired, and otherwise returns the time of its newest
// record; false if that is not known. Nothing is appended in between.
func (w *sweeper) checkEvent(code string) (ms uint64, ok bool) {
	head, err := use(context.Background(), w.log, code, func(f *eventFile) (eventlog.Offset, error) {
		f.writer.Lock()
		defer f.writer.Unlock()
		head, err := f.headLocked()
		if err != nil || w.timeLeft(head.Ms) > 0 {
			return head, err
		}
		if err := f.deleteLocked(); err != nil {
			return head, err
		}
		w.log.logger.Info("event expired", "event", code, "last_activity", time.UnixMilli(int64(head.Ms)).UTC())
		return head, fs.ErrNotExist
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, eventlog.ErrClosed) {
		// The age of a damaged file is unknown, and it may still be repaired.
		w.log.logger.Warn("cannot tell whether an event has expired", "event", code, "err", err)
	}
	return head.Ms, err == nil
}

// headLocked returns the head. The file is not opened, so that it is not kept open for this.
func (f *eventFile) headLocked() (eventlog.Offset, error) {
	if s := f.snapshot(); s.file != nil {
		return s.head, nil
	}
	b, err := os.ReadFile(f.path)
	if err != nil {
		return eventlog.Offset{}, err
	}
	c := scan(b, f.code)
	return c.head, c.Damage
}
