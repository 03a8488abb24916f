package replica

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// loadToHead folds the log to its head as of the call.
func (r *Replica) loadToHead(ctx context.Context) error {
	if err := r.measureClock(ctx); err != nil {
		return err
	}
	head, err := r.cfg.Log.Head(ctx, r.code)
	if err != nil {
		return err
	}
	return r.foldFromStart(ctx, head)
}

// ownRecord is a record of the present flush that foldFromStart met.
type ownRecord struct {
	subs []submission
	res  event.Result
	at   event.Position
}

// foldFromStart folds the log from its first record up to head into a new state, makes
// that the present one and settles the waiters of own records that it met. ErrDeleted:
// the log ends with the event's deletion, or is another event's.
func (r *Replica) foldFromStart(ctx context.Context, head eventlog.Offset) (err error) {
	state := event.New()
	var cursor eventlog.Offset
	var lastRecord []byte
	var res event.Result
	var own []ownRecord
	defer func() {
		for i := range own {
			if err != nil {
				r.failSubmissions(own[i].subs, eventlog.ErrGaveUp)
			} else {
				r.settleSubmissions(own[i].subs, &own[i].res, own[i].at)
			}
		}
	}()
	for cursor.Compare(head) < 0 {
		records, err := r.cfg.Log.Read(ctx, r.code, cursor, readMax, 0)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return fmt.Errorf("read %s: the log ends at %v, and ended at %v before", r.code, cursor, head)
		}
		for i := range records {
			if err := applyRecord(state, &records[i], &res); err != nil {
				return err
			}
			r.cfg.Metrics.Folded(len(res.Outcomes), false)
			if res.Producer == r.producer {
				if subs := r.batcher.TakeRecord(res.Seq); subs != nil {
					own = append(own, ownRecord{subs, res, event.Position(records[i].Offset)})
					res = event.Result{} // own keeps what was in it
				}
			}
		}
		cursor, lastRecord = records[len(records)-1].Offset, records[len(records)-1].Data
	}
	if !state.Created() {
		return fmt.Errorf("%w: %s has no create record", ErrDamaged, r.code)
	}
	if state.Deleted() {
		return ErrDeleted
	}
	if old := r.uid(); old != (event.UID{}) && old != state.UID() {
		// The event was deleted and its code used again. The new event must not stand in
		// for the one that people here know, not even for a moment.
		return ErrDeleted
	}
	r.mu.Lock()
	r.state, r.cursor, r.lastRecord = state, cursor, lastRecord
	r.epoch++
	r.wakeWaitersLocked()
	work := state.TakeWork()
	r.mu.Unlock()
	r.startWork(work)
	return nil
}

// foldRecords applies records under one lock, then settles this node's waiters and
// tells the watcher. results is scratch space, returned for the next call.
func (r *Replica) foldRecords(records []eventlog.Record, results []event.Result) ([]event.Result, error) {
	for len(results) < len(records) {
		results = append(results, event.Result{})
	}
	var failure error
	folded := 0

	r.mu.Lock()
	structure := r.state.Structure()
	for i := range records {
		if failure = applyRecord(r.state, &records[i], &results[i]); failure != nil {
			break
		}
		folded++
		r.cursor, r.lastRecord = records[i].Offset, records[i].Data
	}
	changed := r.state.Structure() != structure
	deleted := r.state.Deleted()
	work := r.state.TakeWork()
	r.wakeWaitersLocked()
	now := r.clock.now()
	r.mu.Unlock()

	if folded > 0 {
		r.cfg.Metrics.Behind(now.Sub(time.UnixMilli(int64(records[folded-1].Offset.Ms))))
	}
	for i := range results[:folded] {
		res := &results[i]
		own := res.Producer == r.producer
		r.cfg.Metrics.Folded(len(res.Outcomes), !res.Repeat && own)
		if own {
			r.settleSubmissions(r.batcher.TakeRecord(res.Seq), res, event.Position(records[i].Offset))
		}
	}
	r.startWork(work)
	for i := range results[:folded] {
		if results[i].Counts {
			r.notifyWatcher(Change{Who: results[i].Who})
		}
	}
	if changed {
		r.wakeTimers()
		r.notifyWatcher(Change{Structure: true})
	}
	if deleted {
		r.stopEvent(ErrDeleted)
	}
	return results, failure
}

// applyRecord folds one record, and turns a panic of the fold into ErrDamaged.
func applyRecord(state *event.State, rec *eventlog.Record, res *event.Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicError(fmt.Sprintf("fold at %v", rec.Offset), p)
		}
	}()
	switch err := state.Apply(event.Position(rec.Offset), rec.Data, res); {
	case errors.Is(err, event.ErrNewer):
		return fmt.Errorf("%w (at %v: %v)", ErrNewer, rec.Offset, err)
	case err != nil:
		return fmt.Errorf("%w (at %v: %v)", ErrDamaged, rec.Offset, err)
	}
	return nil
}

// panicError is the error for a recovered panic of the event's code.
func panicError(what string, p any) error {
	return fmt.Errorf("%w: %s panicked: %v\n%s", ErrDamaged, what, p, debug.Stack())
}

// isFatal reports whether an error of reading or folding ends the event on this node.
func isFatal(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer) || errors.Is(err, eventlog.ErrCorrupt)
}

// startWork runs what the fold has to compute on goroutines of their own, such as a
// list of entrants, and publishes each result. The work reads only data that nothing
// changes any more.
func (r *Replica) startWork(work []func()) {
	for _, compute := range work {
		r.work.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					r.haltEvent(panicError("work for the fold", p))
				}
			}()
			compute()
			r.touchState()
		})
	}
}

// touchState publishes a change of the state that no record made.
func (r *Replica) touchState() {
	r.mu.Lock()
	r.state.Touch()
	r.mu.Unlock()
	r.notifyWatcher(Change{Structure: true})
}
