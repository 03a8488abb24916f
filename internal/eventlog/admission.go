package eventlog

import "time"

// admission bounds how many items a Batcher holds that are not resolved yet, by how
// long a new item would have to wait for all those before it. It keeps measuring how
// fast items are resolved, by following one item from Add to its resolution (the probe).
// That time includes the log, the fold and everything else that keeps the node busy.
type admission struct {
	maxHeld int           // hard bound, for memory
	maxWait time.Duration // that a new item may have to wait; 0: no bound

	bound int // as measured
	held  int // items added and not resolved

	// The probe.
	probeAdded  time.Time // when its item was added; zero: there is no probe
	probeAhead  int       // items up to it that are not resolved
	probeSolved int       // items resolved since it was added
}

const (
	// minBound items may wait however slow the log is: a short pause of a busy machine
	// must not turn a room away.
	minBound = 1024
	// A probe that took less than this part of maxWait found no queue worth measuring.
	idlePart = 10
)

// isFull reports whether a further item would wait for too long.
func (a *admission) isFull() bool {
	if a.held >= minBound && a.maxWait > 0 && !a.probeAdded.IsZero() {
		// A log that stands still does not resolve the probe either.
		if waited := time.Since(a.probeAdded); waited > a.maxWait {
			a.setBound(waited)
		}
	}
	return a.held >= a.bound
}

// addItem counts an item that was added.
func (a *admission) addItem() {
	a.held++
	if a.probeAdded.IsZero() && a.maxWait > 0 {
		a.probeAdded, a.probeAhead, a.probeSolved = time.Now(), a.held, 0
	}
}

// resolveItems counts items that were resolved. They need not be the oldest.
func (a *admission) resolveItems(n int) {
	a.held -= n
	if a.probeAdded.IsZero() || n == 0 {
		return
	}
	a.probeSolved += n
	if a.probeAhead -= n; a.probeAhead > 0 {
		return
	}
	a.setBound(time.Since(a.probeAdded))
	a.probeAdded = time.Time{}
}

// setBound sets the bound from what was resolved since the probe was added.
func (a *admission) setBound(took time.Duration) {
	if took < a.maxWait/idlePart {
		a.bound = min(2*a.bound, a.maxHeld)
		return
	}
	a.bound = min(max(int(float64(a.probeSolved)*float64(a.maxWait)/float64(took)), minBound), a.maxHeld)
}
