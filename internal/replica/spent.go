package replica

import "drumroll/internal/event"

// A log that loses its tail can take back a raffle's freeze or draw. People have
// seen it: a list frozen anew, or a seed revealed twice, would let whoever runs
// the store try again. So the node that remembers says in the log that the run is
// spent, until the fold shows that it has heard.

func (r *Replica) raffleRuns() (runs []event.RaffleRun) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state.RaffleRuns()
}

// noteSpent compares the raffles before and after the log was folded anew; the
// tail's goroutine only.
func (r *Replica) noteSpent(before []event.RaffleRun) {
	now := map[int]event.RaffleRun{}
	for _, run := range r.raffleRuns() {
		now[run.Activity] = run
	}
	for _, was := range before {
		is, there := now[was.Activity]
		if !there || !was.Frozen {
			continue
		}
		if is.Run < was.Run || is.Run == was.Run && (!is.Frozen || is.Draws < was.Draws) {
			r.spent = append(r.spent, was)
		}
	}
}

// sayWhatIsSpent appends what the fold does not show yet, and is called again
// with every check of the log.
func (r *Replica) sayWhatIsSpent() {
	if len(r.spent) == 0 {
		return
	}
	known := map[int]int{}
	for _, run := range r.raffleRuns() {
		known[run.Activity] = run.Spent
	}
	left := r.spent[:0]
	for _, run := range r.spent {
		if spent, there := known[run.Activity]; !there || spent >= run.Run {
			continue
		}
		left = append(left, run)
		// Not waited for: this is the goroutine that folds it. Should the Batcher be
		// full, the next check tries again.
		_ = r.batcher.Add(submission{command: &event.Command{Type: event.CmdSpent, Activity: run.Activity, Run: run.Run}})
	}
	r.spent = left
}
