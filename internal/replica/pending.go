package replica

import (
	"context"
	"errors"
	"time"

	"drumroll/internal/event"
)

const (
	roundRetry    = 500 * time.Millisecond // how soon a missing round is requested again
	maxRoundRetry = 2 * time.Second        // to which that grows
)

// watchDraws completes the draws that wait for a round of the beacon, when it is due. It is
// separate from watchDeadlines: a beacon that does not answer must not keep countdowns
// from ending.
func (r *Replica) watchDraws(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	retry := roundRetry
	for {
		left, failed := r.completeDue(ctx)
		if failed {
			left = min(left, retry)
			retry = min(2*retry, maxRoundRetry)
		} else {
			retry = roundRetry
		}
		timer.Reset(left)
		select {
		case <-r.drawsChanged:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// completeDue proposes each pending draw whose round is due. It returns how long
// the next one has to wait, and whether a due one could not be completed.
func (r *Replica) completeDue(ctx context.Context) (next time.Duration, failed bool) {
	var draws []event.PendingDraw
	var uid event.UID
	r.View(func(s *event.State) { draws, uid = s.PendingDraws(), s.UID() })
	next = time.Hour
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
		r.logger.Warn("a draw waits for its round of the beacon", "event", r.code, "activity", d.Activity, "round", d.Round, "err", err)
		// Everybody should see that the draw waits, and no record says so.
		r.touchState()
	}
	return next, failed
}
