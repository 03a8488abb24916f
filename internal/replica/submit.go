package replica

import (
	"context"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// Submit puts an item into the next batch. The waiter is settled later, unless Submit
// returns an error (eventlog.ErrOverloaded, eventlog.ErrStopped).
func (r *Replica) Submit(item event.Item, w Waiter) error {
	return r.batcher.Add(submission{item: item, waiter: w})
}

// Full reports whether Submit would return eventlog.ErrOverloaded now.
func (r *Replica) Full() bool { return r.batcher.Full() }

// Propose appends a command and waits for the fold's verdict. It sets the command's
// identity, in a copy. Errors: *event.Refusal (the Settled then has the activity as it
// is), those of the Batcher, or the context's.
func (r *Replica) Propose(ctx context.Context, c *event.Command) (Settled, error) {
	w := make(settledChan, 1)
	own := *c // the caller may give up before it is encoded, and use it again
	if err := r.batcher.AddAlways(submission{command: &own, waiter: w}); err != nil {
		return Settled{}, err
	}
	select {
	case s := <-w:
		if s.Err == nil && s.Refusal != nil {
			return s, s.Refusal
		}
		return s, s.Err
	case <-ctx.Done():
		return Settled{}, ctx.Err()
	}
}

// Enter is Submit and the wait for the fold's outcome. Errors: those of the Batcher.
// It takes no context: an item is resolved in any case, by the fold or after some
// GiveUps, and to watch for senders that leave would cost all that stay.
func (r *Replica) Enter(item event.Item) (Settled, error) {
	w := make(settledChan, 1)
	if err := r.Submit(item, w); err != nil {
		return Settled{}, err
	}
	s := <-w
	return s, s.Err
}

type settledChan chan Settled

func (c settledChan) Settle(s Settled) { c <- s }

// encodeRecord packs one record: a command alone, or all items up to the next command.
func (r *Replica) encodeRecord(seq uint64, subs []submission) (record []byte, n int) {
	id := event.Identity{UID: r.uid(), Producer: r.producer, Seq: seq}
	if c := subs[0].command; c != nil {
		c.Identity = id
		return event.AppendCommand(nil, c), 1
	}
	record = event.AppendBatchHeader(make([]byte, 0, 64+24*len(subs)), id)
	for n < len(subs) && subs[n].command == nil {
		record = event.AppendItem(record, &subs[n].item)
		n++
	}
	return event.SealBatch(record, 0), n
}

func (r *Replica) uid() event.UID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.UID()
}

// failSubmissions settles submissions that the fold will not meet.
func (r *Replica) failSubmissions(subs []submission, err error) {
	for i := range subs {
		if subs[i].waiter != nil {
			subs[i].waiter.Settle(Settled{Err: err})
		}
	}
}

// settleSubmissions resolves the submissions of one of this node's own records.
func (r *Replica) settleSubmissions(subs []submission, res *event.Result, at event.Position) {
	if res.Repeat {
		// Another copy of the record was folded before, and took the waiters along. If it
		// did not, they must not hang.
		r.failSubmissions(subs, eventlog.ErrGaveUp)
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
