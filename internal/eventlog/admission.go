package eventlog

import "time"

// admission bounds how many items a Batcher has taken and not resolved yet, by
// how long they have to wait: what is taken now waits for all that was taken
// before. How fast they are resolved is measured all the time, by following one
// item from its taking to its resolution (a probe): that covers log, fold and
// whatever else keeps the node busy.
type admission struct {
	most int           // hard bound, for memory
	wait time.Duration // what a new item may have to wait; 0: however long

	bound int // as measured
	held  int // items taken and not resolved

	// The probe.
	since time.Time // when its item was taken; zero: there is none
	left  int       // items up to it that are not resolved
	done  int       // items resolved since
}

const (
	// fewest may wait however slow the log is: a pause of a busy machine is no reason
	// to turn a room away.
	fewest = 1024
	// A probe that took less than this part of the wait met no queue to speak of.
	idlePart = 10
)

func newAdmission(most int, wait time.Duration) admission {
	return admission{most: most, wait: wait, bound: most}
}

// full reports whether a further item would wait for too long.
func (a *admission) full() bool {
	if a.held >= fewest && a.wait > 0 && !a.since.IsZero() {
		// A log that stands still resolves nothing, and no probe either.
		if waited := time.Since(a.since); waited > a.wait {
			a.measure(waited)
		}
	}
	return a.held >= a.bound
}

// take notes an item that was taken.
func (a *admission) take() {
	a.held++
	if a.since.IsZero() && a.wait > 0 {
		a.since, a.left, a.done = time.Now(), a.held, 0
	}
}

// resolved notes that items were resolved; they need not be the oldest.
func (a *admission) resolved(n int) {
	a.held -= n
	if a.since.IsZero() || n == 0 {
		return
	}
	a.done += n
	if a.left -= n; a.left > 0 {
		return
	}
	a.measure(time.Since(a.since))
	a.since = time.Time{}
}

// measure sets the bound from what was resolved since the probe was taken.
func (a *admission) measure(took time.Duration) {
	if took < a.wait/idlePart {
		a.bound = min(2*a.bound, a.most)
		return
	}
	a.bound = min(max(int(float64(a.done)*float64(a.wait)/float64(took)), fewest), a.most)
}
