package socket

import (
	"bytes"
	"net"
	"sync"
	"syscall"
	"time"
)

// Close codes of the outside contract.
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
	slowed     bool // Slow was called

	mu      sync.Mutex
	queue   []byte        // frames that wait for drain
	busy    bool          // drain runs
	flushed chan struct{} // closed by drain's end, where awaitDrain waits for it
	closing bool          // a close frame was sent
	closeBy time.Time     // when it must have been answered
	dead    bool
	drained func()         // called without the lock when drain has written all
	work    sync.WaitGroup // drain, and closing the connection

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
	switch {
	case c.dead || c.closing:
		return false
	case !c.busy:
		c.writeLocked(frames)
	case len(c.queue)+len(frames) <= maxQueued:
		c.queue = append(c.queue, frames...)
	default:
		c.killLocked()
	}
	return !c.dead
}

// Offer writes whole frames if the connection is idle; false where it is not:
// OnDrained tells when to offer something newer.
func (c *Conn) Offer(frames []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.closing {
		return true // nobody will miss them
	}
	if c.busy {
		return false
	}
	c.writeLocked(frames)
	return true
}

// awaitDrain returns when all was written, or the peer was cut; at once where what the
// reading goroutine has to wait for is not waiting.
func (c *Conn) awaitDrain(waitingLocked func() bool) {
	c.mu.Lock()
	if !c.busy || !waitingLocked() {
		c.mu.Unlock()
		return
	}
	if c.flushed == nil {
		c.flushed = make(chan struct{})
	}
	wait := c.flushed
	c.mu.Unlock()
	<-wait
}

// writeLocked hands b to the kernel, and what it does not take to drain.
func (c *Conn) writeLocked(b []byte) {
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
			c.killLocked()
			return
		}
		b = b[c.outCount:]
	}
	if len(b) > 0 {
		c.busy = true
		// A copy, for the caller uses the frame's memory again. It is no part of the
		// queue: the queue's bound is for what comes while it is written.
		rest := bytes.Clone(b)
		c.work.Go(func() { c.drain(rest) })
	}
}

// drain writes b and then the queue; it ends when the queue is empty or the peer
// was cut.
func (c *Conn) drain(b []byte) {
	for {
		err := c.writeAll(b)
		c.mu.Lock()
		if err != nil {
			c.killLocked()
		}
		b, c.queue = c.queue, nil
		if len(b) > 0 {
			c.mu.Unlock()
			continue
		}
		// The deadline would stand, and end the connection at the first frame after
		// it, however well the peer reads.
		if !c.dead && c.net.SetWriteDeadline(time.Time{}) != nil {
			c.killLocked()
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

// killLocked ends the connection at once. Its readers and writers notice.
func (c *Conn) killLocked() {
	if c.dead {
		return
	}
	c.dead = true
	c.queue = nil
	// Not here: closing waits for a message that is being handled, and its
	// handler may wait for c.mu.
	c.work.Go(func() { c.net.Close() })
}

// end closes the connection, and returns when nothing of it is under way any more.
func (c *Conn) end() {
	c.mu.Lock()
	c.killLocked()
	c.mu.Unlock()
	c.work.Wait()
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
	if c.busy {
		c.queue = append(c.queue, frame...)
	} else {
		c.writeLocked(frame)
	}
	c.closing, c.closeBy = true, time.Now().Add(c.closeTimeout)
	if !c.dead && c.net.SetReadDeadline(c.closeBy) != nil {
		c.killLocked()
	}
}

// cut reports whether the connection is over whatever the peer sends. Reading
// finds that out by itself only where there is nothing to read.
func (c *Conn) cut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead || c.closing && time.Now().After(c.closeBy)
}
