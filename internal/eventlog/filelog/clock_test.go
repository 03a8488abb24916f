package filelog

import (
	"testing"
	"time"
)

// TestClock: the wall clock jumps about; the log's goes on, and follows it forward.
func TestClock(t *testing.T) {
	wall, elapsed := time.UnixMilli(10_000), time.Duration(0)
	c := &clock{wall: func() time.Time { return wall }, elapsed: func() time.Duration { return elapsed }}
	pass := func(d time.Duration) {
		wall, elapsed = wall.Add(d), elapsed+d
	}
	want := func(ms int64) {
		t.Helper()
		if got := c.now().UnixMilli(); got != ms {
			t.Errorf("the log's time is %d, want %d", got, ms)
		}
	}
	want(10_000)
	pass(5 * time.Second)
	want(15_000)
	wall = wall.Add(-time.Hour)
	want(15_000)
	pass(30 * time.Second) // a countdown lasts as long as it should
	want(45_000)
	wall = wall.Add(2 * time.Hour)
	ahead := wall.UnixMilli()
	want(ahead)
	c.raiseTo(uint64(ahead - 1000)) // a log that is behind
	want(ahead)
	c.raiseTo(uint64(ahead + 1000))
	want(ahead + 1000)
	pass(2 * time.Second)
	want(ahead + 3000)
	c.raiseTo(1 << 63)
	want(ahead + 3000)
}
