package socket

import (
	"bytes"
	"net"
	"sync"
	"syscall"
	"time"
)

// Close codes of the outside contract (DESIGN section 4).
const (
	CloseUnsupported = 1003
	CloseLeaving     = 1012 // the node is leaving: dial again
	CloseBusy        = 1013 // reason: milliseconds to wait
	CloseDeleted     = 4410 // the event was deleted
)

const (
	writePiece = 16 << 10
	maxQueued  = 16 << 10 // acknowledgements, hundreds of them
)

// Conn is one connection. Its methods may be called from any goroutine.
type Conn struct {
	net net.Conn
	raw syscall.RawConn // nil where the connection cannot be used without blocking

	writeTimeout, closeTimeout time.Duration

	// Of the goroutine that reads:
	message    func([]byte)
	early      []byte // came along with the handshake
	in         inbound
	fault      int  // the close code for what the peer did wrong
	heardClose bool // the peer sent a close frame
	turned     bool // it has its turn

	turns *Turns

	mu      sync.Mutex
	queue   []byte        // what was sent and has to wait: for drain, uncork or what gather waits for
	busy    bool          // drain runs
	corked  bool          // what is sent waits for uncork
	several bool          // what is sent is gathered; changed by the goroutine that reads alone
	swept   bool          // turns.gathered has it
	flushed chan struct{} // closed by drain's end, where somebody waits for it (see drainEnd)
	closing bool          // a close frame was sent
	closeBy time.Time     // and when it must have been answered
	dead    bool
	drained func() // called without the lock when drain has written all

	// Of one attempt to write, under mu: kept here so that it costs no garbage.
	attempt  func(fd uintptr) bool
	out      []byte
	outCount int
	outErr   error
}

// OnDrained sets what is called when a busy connection can take frames again.
// Call it before Serve.
func (c *Conn) OnDrained(f func()) { c.drained = f }

// Send writes whole frames that must not be lost while the connection lives,
// such as acknowledgements. A peer that does not take them is cut: false.
func (c *Conn) Send(frames []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send(frames)
}

// Offer writes whole frames if the connection is idle; false where it is not:
// OnDrained tells when to offer something newer.
func (c *Conn) Offer(frames []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.closing {
		return true // nobody will miss them
	}
	c.hurry()
	if c.busy {
		return false
	}
	c.write(frames)
	return true
}

// send is Send; mu is held.
func (c *Conn) send(frames []byte) bool {
	switch {
	case c.dead || c.closing:
		return false
	case !c.busy && !c.corked:
		c.answer(frames)
	case len(c.queue)+len(frames) <= maxQueued:
		c.keep(frames)
	case c.busy:
		c.kill()
	default: // the peer has not been asked yet whether it takes them
		c.follow(frames)
	}
	return !c.dead
}

// cork keeps what is sent until uncork: what a peer sends in one piece is answered
// in one piece, which makes refusing a flood much cheaper.
func (c *Conn) cork() {
	c.mu.Lock()
	c.corked, c.several = true, c.turned
	c.mu.Unlock()
}

// queues are for what is sent while a connection is corked.
var queues = sync.Pool{New: func() any { b := make([]byte, 0, maxQueued); return &b }}

// keep has frames wait; mu is held.
func (c *Conn) keep(frames []byte) {
	if c.queue == nil && c.corked {
		c.queue = (*queues.Get().(*[]byte))[:0]
	}
	c.queue = append(c.queue, frames...)
	if !c.busy && !c.swept && c.turns != nil {
		c.swept = true
		c.turns.gathered.add(c)
	}
}

// hurry writes what waits, unless drain is about to; mu is held.
func (c *Conn) hurry() {
	if c.queue == nil || c.busy {
		return
	}
	q := c.queue
	c.queue = nil
	c.write(q) // and what the kernel does not take is copied
	if cap(q) >= maxQueued {
		own := q // escapes, so that q does not: most calls come with nothing to give back
		queues.Put(&own)
	}
}

// follow writes frames behind what waits; mu is held.
func (c *Conn) follow(frames []byte) {
	c.hurry()
	if c.busy {
		c.keep(frames)
	} else {
		c.write(frames)
	}
}

// uncork writes what was kept. Where the peer does not take its answers, it waits
// until it does or is cut: nothing more is read from it meanwhile.
func (c *Conn) uncork() {
	c.mu.Lock()
	c.corked = false
	c.hurry()
	if !c.busy || len(c.queue) <= maxGathered {
		c.mu.Unlock()
		return
	}
	wait := c.drainEnd()
	c.mu.Unlock()
	<-wait
}

// write hands b to the kernel and what it does not take to drain; mu is held.
func (c *Conn) write(b []byte) {
	if c.dead {
		return
	}
	if c.raw != nil {
		c.out, c.outCount, c.outErr = b, 0, nil
		err := c.raw.Write(c.attempt)
		c.out = nil
		if err == nil {
			err = c.outErr
		}
		if err != nil {
			c.kill()
			return
		}
		b = b[c.outCount:]
	}
	if len(b) > 0 {
		c.busy = true
		// A copy, for whoever has the frame uses its memory again. It is no part of
		// the queue: the queue's bound is for what comes while it is written.
		go c.drain(bytes.Clone(b))
	}
}

// drain writes b and then the queue; it ends when the queue is empty or the peer
// was cut.
func (c *Conn) drain(b []byte) {
	for {
		err := c.writeAll(b)
		c.mu.Lock()
		if err != nil {
			c.kill()
		}
		b, c.queue = c.queue, nil
		if len(b) > 0 {
			c.mu.Unlock()
			continue
		}
		// The deadline would stand, and end the connection at the first frame after
		// it, however well the peer reads.
		if !c.dead && c.net.SetWriteDeadline(time.Time{}) != nil {
			c.kill()
		}
		c.busy = false
		if c.flushed != nil {
			close(c.flushed)
			c.flushed = nil
		}
		drained := c.drained
		c.mu.Unlock()
		if drained != nil {
			drained()
		}
		return
	}
}

// writeAll writes b in pieces, each with a deadline of its own: a peer may be slow,
// but must read something.
func (c *Conn) writeAll(b []byte) error {
	for len(b) > 0 {
		if err := c.net.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
			return err
		}
		n, err := c.net.Write(b[:min(len(b), writePiece)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// flush returns when a close frame that waits for drain was written, or the peer
// was cut.
func (c *Conn) flush() {
	c.mu.Lock()
	if !c.busy || !c.closing {
		c.mu.Unlock()
		return
	}
	wait := c.drainEnd()
	c.mu.Unlock()
	<-wait
}

// drainEnd is closed when drain, which runs, ends; mu is held.
func (c *Conn) drainEnd() <-chan struct{} {
	if c.flushed == nil {
		c.flushed = make(chan struct{})
	}
	return c.flushed
}

// kill ends the connection at once; mu is held. Its readers and writers notice.
func (c *Conn) kill() {
	if !c.dead {
		c.dead = true
		c.queue = nil
		// Not here: closing waits for a message that is being handled, and its
		// handler may wait for c.mu.
		go c.net.Close()
	}
}

// Close sends a close frame, after what is queued, and gives the peer a few
// seconds to answer. It does not wait.
func (c *Conn) Close(code int, reason string) {
	c.close(appendClose(nil, code, reason))
}

func (c *Conn) close(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.closing {
		return
	}
	c.follow(frame)
	c.closing, c.closeBy = true, time.Now().Add(c.closeTimeout)
	if !c.dead && c.net.SetReadDeadline(c.closeBy) != nil {
		c.kill()
	}
}

// cut reports whether the connection is over whatever the peer sends. Reading
// finds that out by itself only where there is nothing to read.
func (c *Conn) cut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead || c.closing && time.Now().After(c.closeBy)
}
