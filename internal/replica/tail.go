package replica

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

const (
	readMax    = 512                   // records a read
	readWait   = time.Second           // how long a read waits for one
	checkEvery = 5 * time.Second       // how often the cursor is checked against the log
	shortPause = 50 * time.Millisecond // after the first of several errors
)

// tail reads and folds until ctx ends or the event stops.
func (r *Replica) tail(ctx context.Context) {
	var results []event.Result
	checked := time.Now()
	dials := r.cfg.Log.Dials()
	suspect := false // after an error or on a new connection: the log may have lost its tail
	pause := shortPause
	for ctx.Err() == nil {
		if suspect || time.Since(checked) > checkEvery {
			ok, err := r.checkLog(ctx)
			if ctx.Err() != nil || !ok && err == nil {
				return // the node leaves, or the event stopped
			}
			if err != nil {
				pause = r.backOff(ctx, pause, "cannot reach the log", err)
				suspect = true
				continue
			}
			suspect, checked, pause = false, time.Now(), shortPause
		}
		r.passLossFence()
		records, err := r.cfg.Log.Read(ctx, r.code, r.cursor, readMax, readWait)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, eventlog.ErrNotFound):
			r.stopEvent(ErrDeleted)
			return
		case isFatal(err):
			r.haltEvent(err)
			return
		case err != nil:
			pause = r.backOff(ctx, pause, "read failed, trying again", err)
			suspect = true
			continue
		case r.cfg.Log.Dials() != dials:
			// These records may not follow those folded here. They are read again after a
			// check.
			dials = r.cfg.Log.Dials()
			suspect = true
			continue
		}
		if len(records) > 0 {
			if results, err = r.foldRecords(records, results); err != nil {
				r.haltEvent(err)
				return
			}
			if r.Err() != nil {
				return
			}
		}
	}
}

// backOff reports that the log could not be read, waits for pause or the context, and
// returns the next, longer pause.
func (r *Replica) backOff(ctx context.Context, pause time.Duration, what string, err error) time.Duration {
	r.cfg.Logger.Warn(what, "event", r.code, "err", err)
	r.batcher.FailOverdue(2 * r.cfg.GiveUp)
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
	return min(2*pause, time.Second)
}

// checkLog makes sure that the log still holds what was folded; if not, it folds the
// log again from the start. false without an error: the event stopped.
func (r *Replica) checkLog(ctx context.Context) (bool, error) {
	if err := r.measureClock(ctx); err != nil {
		return false, err
	}
	data, err := r.cfg.Log.At(ctx, r.code, r.cursor)
	if err != nil {
		return false, r.endsWith(err)
	}
	if bytes.Equal(data, r.lastRecord) {
		r.sayLost()
		return true, r.setLossFence(ctx)
	}
	r.cfg.Logger.Error("the log lost records that were folded here: folding it again", "event", r.code)
	r.cfg.Metrics.Rewound()
	newest := r.batcher.NewestConfirmed()
	var shown []event.ShownRun
	r.View(func(s *event.State) { shown = s.Shown() })
	if err := r.loadToHead(ctx); err != nil {
		return false, r.endsWith(err)
	}
	r.batcher.FailLost(newest)
	r.View(func(s *event.State) { r.lost = append(r.lost, s.Lost(shown)...) })
	r.sayLost()
	r.notifyWatcher(Change{Structure: true})
	r.wakeTimers()
	return true, nil
}

// sayLost appends what the fold has not heard of yet: a log that loses its tail can take
// back what people have seen, and the node that remembers says so in the log. It is called
// again with every check of the log.
func (r *Replica) sayLost() {
	if len(r.lost) == 0 {
		return
	}
	r.View(func(s *event.State) {
		r.lost = slices.DeleteFunc(r.lost, func(c event.Command) bool { return s.Heard(&c) })
	})
	for _, c := range r.lost {
		// Not waited for: this is the goroutine that folds it. Should the Batcher be
		// full, the next check tries again.
		_ = r.batcher.Add(submission{command: &c})
	}
}

// endsWith stops the event for an error after which it cannot go on, and returns nil
// then; other errors it returns.
func (r *Replica) endsWith(err error) error {
	switch {
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, ErrDeleted):
		r.stopEvent(ErrDeleted)
	case isFatal(err):
		r.haltEvent(err)
	default:
		return err
	}
	return nil
}

// measureClock measures the log's clock against this process's monotonic one.
func (r *Replica) measureClock(ctx context.Context) error {
	before := time.Now()
	now, err := r.cfg.Log.Now(ctx)
	if err != nil {
		return err
	}
	took := time.Since(before)
	r.mu.Lock()
	r.clock = logClock{at: before.Add(took / 2), log: now}
	r.mu.Unlock()
	return nil
}

// lossFence is a place in the log. Once the fold has passed it, every record that the
// log had confirmed before is either found or lost. A log can lose records that were
// confirmed and not yet folded here, and the record at the cursor does not show that.
type lossFence struct {
	at  eventlog.Offset
	seq uint64 // the newest record confirmed before at was read as the head; 0: no fence
}

func (r *Replica) setLossFence(ctx context.Context) error {
	seq := r.batcher.NewestConfirmed()
	if seq == 0 {
		return nil
	}
	head, err := r.cfg.Log.Head(ctx, r.code)
	if err != nil {
		return err
	}
	r.lossFence = lossFence{head, seq}
	return nil
}

func (r *Replica) passLossFence() {
	if r.lossFence.seq != 0 && r.cursor.Compare(r.lossFence.at) >= 0 {
		r.batcher.FailLost(r.lossFence.seq)
		r.lossFence = lossFence{}
	}
}
