package replica

import (
	"context"
	"errors"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

const (
	readMax  = 512                    // records a read
	readWait = time.Second            // how long a read waits for one
	verify   = 5 * time.Second        // how often the cursor is checked against the log
	overdue  = 100 * time.Millisecond // how soon a failed close by the clock is tried again
)

// tail reads and folds until ctx ends or the event stops.
func (r *Replica) tail(ctx context.Context) {
	var results []event.Result
	checked := time.Now()
	dials := r.log.Dials()
	suspect := false // an error or a new connection came between: the log may have lost its tail
	pause := 50 * time.Millisecond
	for ctx.Err() == nil {
		if suspect || time.Since(checked) > verify {
			ok, err := r.check(ctx)
			if ctx.Err() != nil || !ok && err == nil {
				return // the node leaves, or the event stopped
			}
			if err != nil {
				r.logger.Warn("cannot reach the log", "event", r.code, "err", err)
				r.batcher.FailOverdue(2 * r.cfg.GiveUp)
				pause = sleep(ctx, pause)
				suspect = true
				continue
			}
			suspect, checked, pause = false, time.Now(), 50*time.Millisecond
		}
		r.passFence()
		r.mu.RLock()
		cursor := r.cursor
		r.mu.RUnlock()
		records, err := r.log.Read(ctx, r.code, cursor, readMax, readWait)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, eventlog.ErrNotFound):
			r.stop(ErrDeleted)
			return
		case fatal(err):
			r.halt(err)
			return
		case err != nil:
			r.logger.Warn("read failed, trying again", "event", r.code, "err", err)
			r.batcher.FailOverdue(2 * r.cfg.GiveUp)
			pause = sleep(ctx, pause)
			suspect = true
			continue
		case r.log.Dials() != dials:
			// What was read may follow records that are not those folded here: it is
			// read again after a look.
			dials = r.log.Dials()
			suspect = true
			continue
		}
		if len(records) > 0 {
			if results, err = r.fold(records, results); err != nil {
				r.halt(err)
				return
			}
			if r.Err() != nil {
				return
			}
		}
	}
}

// sleep waits for pause or the context, and returns the next, longer pause.
func sleep(ctx context.Context, pause time.Duration) time.Duration {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
	return min(2*pause, time.Second)
}

// fold applies what was read under one lock, then settles this node's waiters
// and tells the watcher. results is scratch space, returned for the next call.
func (r *Replica) fold(records []eventlog.Record, results []event.Result) ([]event.Result, error) {
	for len(results) < len(records) {
		results = append(results, event.Result{})
	}
	var failure error
	folded := 0

	r.mu.Lock()
	structure := r.state.Structure()
	for i := range records {
		if failure = apply(r.state, &records[i], &results[i]); failure != nil {
			break
		}
		folded++
		r.cursor, r.last = records[i].Offset, records[i].Data
	}
	changed := r.state.Structure() != structure
	deleted := r.state.Deleted()
	deadlines := changed
	work := r.state.TakeWork()
	r.advance()
	now := r.clock.now()
	r.mu.Unlock()

	if folded > 0 {
		r.cfg.Metrics.Behind(now.Sub(time.UnixMilli(int64(records[folded-1].Offset.Ms))))
	}
	counts := false
	for i := range results[:folded] {
		res := &results[i]
		own := res.Producer == r.producer
		r.cfg.Metrics.Folded(len(res.Outcomes), !res.Repeat && own)
		if own {
			r.settle(r.batcher.TakeRecord(res.Seq), res, event.Position(records[i].Offset))
		}
		counts = counts || res.Counts
	}
	r.freeze(work)
	if deadlines {
		r.wakeWatchers()
	}
	if counts || changed {
		for i := range results[:folded] {
			if results[i].Counts {
				r.notify(Change{Who: results[i].Who})
			}
		}
		if changed {
			r.notify(Change{Structure: true})
		}
	}
	if deleted {
		r.stop(ErrDeleted)
	}
	return results, failure
}

// settle resolves the submissions of one of this node's own records.
func (r *Replica) settle(subs []submission, res *event.Result, at event.Position) {
	if res.Repeat {
		// Another copy of the record was folded before, which took the waiters
		// along; if it had not, this would leave them hanging.
		r.fail(subs, eventlog.ErrGaveUp)
		return
	}
	for i := range subs {
		s := Settled{At: at}
		if subs[i].command != nil {
			s.Refusal, s.Activity, s.ID = res.Refusal, res.Activity, res.ID
		} else {
			s.Outcome = res.Outcomes[i]
			r.cfg.Metrics.Entry(s.Outcome.Status)
		}
		if subs[i].waiter != nil {
			subs[i].waiter.Settle(s)
		}
	}
}

// check makes sure that the log still holds what was folded, and refolds where
// it does not. false without an error: the event stopped.
func (r *Replica) check(ctx context.Context) (bool, error) {
	if err := r.readClock(ctx); err != nil {
		return false, err
	}
	ok, err := r.held(ctx)
	switch {
	case errors.Is(err, eventlog.ErrNotFound):
		r.stop(ErrDeleted)
		return false, nil
	case fatal(err):
		r.halt(err)
		return false, nil
	case err != nil:
		return false, err
	case ok:
		r.sayWhatIsSpent()
		return true, r.setFence(ctx)
	}
	r.logger.Error("the log lost records that were folded here: folding it anew", "event", r.code)
	r.cfg.Metrics.Rewound()
	newest := r.batcher.NewestConfirmed()
	before := r.raffleRuns()
	if err := r.load(ctx); err != nil {
		switch {
		case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, ErrDeleted):
			r.stop(ErrDeleted)
			return false, nil
		case fatal(err):
			r.halt(err)
			return false, nil
		}
		return false, err
	}
	r.batcher.FailLost(newest)
	r.noteSpent(before)
	r.sayWhatIsSpent()
	r.notify(Change{Structure: true})
	r.wakeWatchers()
	return true, nil
}

// wakeWatchers has watchClock and watchDraws look again.
func (r *Replica) wakeWatchers() {
	for _, wake := range []chan struct{}{r.lapsed, r.armed} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// fence is a place in the log behind which what the log had confirmed before is
// found or lost. A log can lose records that were confirmed and not yet folded
// here, and the cursor's own record says nothing of them.
type fence struct {
	at  eventlog.Offset
	seq uint64 // the newest record confirmed before at was read as the head; 0: no fence
}

func (r *Replica) setFence(ctx context.Context) error {
	seq := r.batcher.NewestConfirmed()
	if seq == 0 {
		return nil
	}
	head, err := r.log.Head(ctx, r.code)
	if err != nil {
		return err
	}
	r.fence = fence{head, seq}
	return nil
}

func (r *Replica) passFence() {
	if r.fence.seq == 0 {
		return
	}
	r.mu.RLock()
	passed := r.cursor.Compare(r.fence.at) >= 0
	r.mu.RUnlock()
	if passed {
		r.batcher.FailLost(r.fence.seq)
		r.fence = fence{}
	}
}

// watchClock appends the closes of countdowns that have run out.
func (r *Replica) watchClock(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(r.closeOverdue(ctx))
		select {
		case <-r.lapsed:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// closeOverdue proposes a close for each countdown that has run out and returns
// how long to sleep until the next one.
func (r *Replica) closeOverdue(ctx context.Context) time.Duration {
	var deadlines []event.Deadline
	r.View(func(s *event.State) { deadlines = s.Deadlines() })
	next := verify // the log's clock is measured anew so often, and may have jumped
	for _, d := range deadlines {
		left := time.UnixMilli(int64(d.Ms)).Sub(r.Now())
		if left <= 0 {
			set := d.Set
			try, cancel := context.WithTimeout(ctx, 2*r.cfg.GiveUp)
			_, err := r.Propose(try, &event.Command{Type: event.CmdClose, Activity: d.Activity, Deadline: &set})
			cancel()
			if err == nil {
				continue
			}
			// Not told, or refused since another node closed or extended it: the state
			// tells, in a moment.
			left = overdue
		}
		next = min(next, left)
	}
	return next
}
