package socket

import (
	"encoding/binary"
	"io"
	"sync"
	"time"
)

// maxLinger is how many bytes are read after a close frame of ours.
const maxLinger = 1 << 20

// slowPause is how long a peer that sends more than it may is not read from.
const slowPause = 100 * time.Millisecond

// readBuffers are for what is read. A connection has one only while it handles what
// the peer sent: an idle one has no buffer. Their size keeps the answers to what one
// holds below maxQueued.
const readSize = 2 << 10

var readBuffers = sync.Pool{New: func() any { b := make([]byte, readSize); return &b }}

// Serve starts reading on a goroutine of its own: message gets each text message
// (valid during the call), ended is called once, when the connection is over.
func (c *Conn) Serve(message func([]byte), ended func()) {
	c.message = message
	go c.read(ended)
}

func (c *Conn) read(ended func()) {
	defer ended()
	defer c.end()
	early := c.early
	c.early = nil
	if over := c.handle(early); !over {
		c.readAll()
	}
	switch {
	case c.fault != 0:
		c.Close(c.fault, faults[c.fault])
		c.linger()
	case c.heardClose:
		c.awaitDrain(func() bool { return c.closing })
	}
}

// faults are the reasons that a peer is told.
var faults = map[int]string{
	CloseUnsupported: "text frames only",
	codeProtocol:     "not the websocket protocol",
	codeTooBig:       "the message is too big",
}

// handle takes what the peer sent, and reports whether the connection is over.
func (c *Conn) handle(b []byte) (over bool) {
	defer c.rest()
	for {
		var op byte
		var payload []byte
		op, payload, b, c.fault = c.in.next(b)
		switch {
		case c.fault != 0:
			return true
		case op == 0:
			c.in.hold(b)
			return false
		case op == opText:
			c.message(payload)
		case op == opPing:
			c.Send(appendControl(nil, opPong, payload))
		case op == opClose:
			c.heardClose = true
			c.answerClose(payload)
			return true
		}
	}
}

// Slow has nothing more read from the peer for a moment, since it sends more than
// it may. It is for message handlers alone.
func (c *Conn) Slow() { c.slowed = true }

// rest is between two reads. What the peer can make wait here is what answers one
// buffer of messages, for it is not read from before it has taken that.
func (c *Conn) rest() {
	c.awaitDrain(func() bool { return len(c.queue) > 0 })
	if c.slowed {
		c.slowed = false
		time.Sleep(slowPause)
	}
}

// answerClose sends a close frame with the peer's code, unless one was sent.
func (c *Conn) answerClose(payload []byte) {
	var answer []byte
	switch {
	case len(payload) == 0:
		answer = appendControl(nil, opClose, nil)
	case len(payload) == 1 || !validCode(binary.BigEndian.Uint16(payload)):
		answer = appendClose(nil, codeProtocol, "")
	default:
		answer = appendControl(nil, opClose, payload[:2])
	}
	c.close(answer)
}

// validCode reports whether a close frame may hold the code (RFC 6455 section 7.4).
func validCode(code uint16) bool {
	switch {
	case code >= 3000:
		return code < 5000
	case code == 1004, code == 1005, code == 1006:
		return false
	}
	return code >= 1000 && code <= 1014
}

// readBlocking is readAll where a connection cannot be waited for without a
// buffer.
func (c *Conn) readBlocking() {
	buf := make([]byte, readSize)
	for {
		held := copy(buf, c.in.held)
		n, err := c.net.Read(buf[held:])
		if n > 0 && c.handle(buf[:held+n]) || err != nil {
			return
		}
	}
}

// linger reads on, for a while, what a peer sends that has been told why the
// connection ends: closing with unread bytes makes TCP reset it, and the peer
// might never see the close frame.
func (c *Conn) linger() {
	if c.net.SetReadDeadline(time.Now().Add(c.closeTimeout)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.net, maxLinger) // whatever ends it, the connection is over
}
