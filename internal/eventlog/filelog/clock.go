package filelog

import (
	"sync"
	"time"
)

// clock is the log's time. It is that of the wall clock, but never goes back and never
// stands still. If the wall clock jumps back, the log's clock goes on from where it was, so
// that a countdown does not suddenly last an hour longer; if the wall clock jumps forward
// (a laptop wakes up), it follows.
type clock struct {
	wall    func() time.Time
	elapsed func() time.Duration // monotonic

	mu   sync.Mutex
	last int64         // Unix ns
	at   time.Duration // elapsed at last
}

// newClock returns the clock of this process.
func newClock() *clock {
	start := time.Now()
	return &clock{wall: time.Now, elapsed: func() time.Duration { return time.Since(start) }}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Unix(0, c.advanceLocked())
}

// advanceLocked sets last to the present.
func (c *clock) advanceLocked() int64 {
	at := c.elapsed()
	c.last = max(c.wall().UnixNano(), c.last+int64(at-c.at))
	c.at = at
	return c.last
}

// raiseTo makes the clock go on from a log's newest record if that is ahead: it was written
// before the wall clock was set back and the process restarted.
func (c *clock) raiseTo(ms uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ms < maxMs {
		c.last = max(c.advanceLocked(), int64(ms)*int64(time.Millisecond))
	}
}
