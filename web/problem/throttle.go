package problem

import (
	"sync"
	"time"
)

// throttleInterval is how often a line is logged that a crowd would cause all at once.
const throttleInterval = time.Second

// throttle lets one of many like lines through an interval, and counts the others.
type throttle struct {
	mu   sync.Mutex
	at   time.Time
	held int
}

// allow reports whether this one goes through, and how many did not before it.
func (t *throttle) allow() (held int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.at) < throttleInterval {
		t.held++
		return 0, false
	}
	held, t.held, t.at = t.held, 0, time.Now()
	return held, true
}
