package socket

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Turns has connections handle what they read one after the other, or a few at a
// time, while their owner says that there is too much of it. A thousand that are
// ready at once would else stand in line before the few goroutines that store and
// acknowledge what was taken, at each step of theirs: a node would be kept from
// accepting by what it refuses. The zero value is no good.
type Turns struct {
	slots   chan struct{}
	waiting atomic.Int64
	until   atomic.Int64 // Unix ns; 0: nobody has to wait for a turn
}

// NewTurns returns Turns for so many at a time, that nobody has to wait for yet.
func NewTurns(atOnce int) *Turns { return &Turns{slots: make(chan struct{}, atOnce)} }

// turnsFor is how long connections take turns after it was last asked for.
const turnsFor = time.Second

// Order asks for order, for a second from now.
func (t *Turns) Order(now time.Time) {
	until := now.Add(turnsFor).UnixNano()
	if until-t.until.Load() > int64(turnsFor/4) { // not each time: all would write to one place
		t.until.Store(until)
	}
}

// ordered reports whether connections take turns now.
func (t *Turns) ordered(now time.Time) bool {
	until := t.until.Load()
	if until == 0 {
		return false
	}
	if now.UnixNano() > until {
		t.until.CompareAndSwap(until, 0)
		return false
	}
	return true
}

// wait waits for a turn; false where none is needed.
func (t *Turns) wait() bool {
	if t == nil || !t.ordered(time.Now()) {
		return false
	}
	select {
	case t.slots <- struct{}{}:
	default:
		t.waiting.Add(1)
		t.slots <- struct{}{}
		t.waiting.Add(-1)
	}
	return true
}

// give ends a turn that was taken. Whatever else can run does so before the next one.
func (t *Turns) give() {
	if t.waiting.Load() > 0 {
		runtime.Gosched()
	}
	<-t.slots
}

// EndTurn ends the turn in which a message is being handled, before its handler
// waits for something. It is for message handlers alone.
func (c *Conn) EndTurn() {
	if c.turned {
		c.turned = false
		c.turns.give()
	}
}
