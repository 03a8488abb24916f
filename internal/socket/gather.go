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
		c.hurry() // whoever is at work on the connection may be at it for long
		c.mu.Unlock()
	}
}

// answer writes frames, or keeps them for more; mu is held, and nobody else is
// about to write.
func (c *Conn) answer(frames []byte) {
	if !c.several || !c.turns.ordered(time.Now()) {
		c.follow(frames)
		return
	}
	c.keep(frames)
	if len(c.queue) > maxGathered {
		c.hurry()
	}
}

// single notes that the peer sends one message at a time again.
func (c *Conn) single() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.several = false
	c.hurry()
}
