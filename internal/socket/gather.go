package socket

import (
	"sync"
	"time"
)

const (
	// gatherFor is how long an answer waits at most for others to the same peer.
	gatherFor   = 100 * time.Millisecond
	maxGathered = maxQueued / 4 // bytes that wait for more
)

// gathered are connections with answers that wait for others. While connections
// take turns, one that sends several messages at once is answered when it sends
// again, and else once in gatherFor: the write is what costs most of an entry, and
// what is saved of it the others' entries get. Whoever sends one message at a time,
// as a person's phone does, is answered at once.
type gathered struct {
	mu    sync.Mutex
	conns []*Conn
}

// add has what c gathers written in gatherFor, at the latest.
func (g *gathered) add(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.conns) == 0 {
		time.AfterFunc(gatherFor, g.sweep)
	}
	g.conns = append(g.conns, c)
}

func (g *gathered) sweep() {
	g.mu.Lock()
	conns := g.conns
	g.conns = nil
	g.mu.Unlock()
	for _, c := range conns {
		c.mu.Lock()
		c.swept = false
		c.ungather()
		c.mu.Unlock()
	}
}

// gather keeps frames for later; mu is held, and nobody else is writing.
func (c *Conn) gather(frames []byte) {
	if c.queue == nil {
		c.queue = (*queues.Get().(*[]byte))[:0]
	}
	c.queue = append(c.queue, frames...)
	if len(c.queue) > maxGathered {
		c.ungather()
		return
	}
	if !c.swept {
		c.swept = true
		c.turns.gathered.add(c)
	}
}

// ungather writes what waits, unless drain or uncork is about to; mu is held.
func (c *Conn) ungather() {
	if !c.corked {
		c.hurry()
	}
}

// hurry writes what waits, unless drain is about to: what comes after it cannot
// wait; mu is held.
func (c *Conn) hurry() {
	q := c.queue
	if q == nil || c.busy {
		return
	}
	c.queue = nil
	if len(q) > 0 && !c.dead {
		c.write(q) // and what the kernel does not take is copied
	}
	queues.Put(&q)
}

// single notes that the peer sends one message at a time again.
func (c *Conn) single() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.several = false
	c.ungather()
}
