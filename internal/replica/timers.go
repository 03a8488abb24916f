package replica

import (
	"context"
	"errors"
	"time"

	"drumroll/internal/event"
)

const (
	closeRetry    = 100 * time.Millisecond // how soon a failed close by the clock is tried again
	minRoundRetry = 500 * time.Millisecond // how soon a missing round is requested again
	maxRoundRetry = 2 * time.Second        // to which that grows
)

// wakeTimers has both watchTimers check again.
func (r *Replica) wakeTimers() {
	for _, wake := range []chan struct{}{r.deadlinesChanged, r.drawsChanged} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// watchTimers checks what is due until ctx ends: at once, after changed, and when the last
// check said to look again.
func watchTimers(ctx context.Context, changed <-chan struct{}, check func(context.Context) time.Duration) {
	for {
		select {
		case <-time.After(check(ctx)):
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// closeOverdue proposes a close for each countdown that has run out and returns how
// long to sleep until the next one.
func (r *Replica) closeOverdue(ctx context.Context) time.Duration {
	var deadlines []event.Deadline
	r.View(func(s *event.State) { deadlines = s.Deadlines() })
	next := checkEvery // the log's clock is measured that often, and may have jumped
	for _, d := range deadlines {
		left := time.UnixMilli(int64(d.Ms)).Sub(r.Now())
		if left <= 0 {
			try, cancel := context.WithTimeout(ctx, 2*r.cfg.GiveUp)
			_, err := r.Propose(try, &event.Command{Type: event.CmdClose, Activity: d.Activity, Deadline: &d.Set})
			cancel()
			if err == nil {
				continue
			}
			// No answer, or refused because another node closed or extended it: look at the
			// state again soon.
			left = closeRetry
		}
		next = min(next, left)
	}
	return next
}

// completeDue proposes each pending draw whose round is due, and returns how long to sleep
// until the next one. It is not watched with the countdowns: a beacon that does not answer
// must not keep them from ending.
func (r *Replica) completeDue(ctx context.Context) time.Duration {
	var draws []event.PendingDraw
	var uid event.UID
	r.View(func(s *event.State) { draws, uid = s.PendingDraws(), s.UID() })
	next, failed := time.Hour, false
	for _, d := range draws {
		if left := time.UnixMilli(int64(d.Ms)).Sub(r.Now()); left > 0 {
			next = min(next, left)
			continue
		}
		c, err := r.cfg.Complete(ctx, uid, d)
		if err == nil {
			_, err = r.Propose(ctx, c)
			var refusal *event.Refusal
			if errors.As(err, &refusal) {
				continue // another node completed it, or the draw was abandoned or reset
			}
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		failed = true
		r.cfg.Logger.Warn("a draw waits for its round of the beacon", "event", r.code, "activity", d.Activity, "round", d.Round, "err", err)
		// Everybody should see that the draw waits, and no record says so.
		r.touchState()
	}
	if !failed {
		r.roundRetry = minRoundRetry
		return next
	}
	next = min(next, r.roundRetry)
	r.roundRetry = min(2*r.roundRetry, maxRoundRetry)
	return next
}
