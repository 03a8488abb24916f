package socket

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// Close codes of the outside contract (DESIGN section 4).
const (
	CloseUnsupported = 1003
	CloseLeaving     = 1012 // the node is leaving: dial again
	CloseBusy        = 1013 // reason: milliseconds to wait
	CloseDeleted     = 4410 // the event was deleted
)

const (
	readBuffer   = 512 // a phone's frames fit; longer ones take several reads
	writeBuffer  = 256 // only the library's control frames go through it
	writePiece   = 16 << 10
	maxQueued    = 64 << 10
	writeTimeout = 10 * time.Second
	closeTimeout = 3 * time.Second
	maxLinger    = 1 << 20 // bytes read after a close frame of ours
)

// Config of Accept.
type Config struct {
	Subprotocol    string
	OriginPatterns []string // hosts allowed beside the request's own
	ReadLimit      int64    // bytes a message, below 2,048; larger ones end the connection with 1009

	WriteTimeout time.Duration // a peer that reads nothing for so long is cut; 0: 10 s
	CloseTimeout time.Duration // for the peer's answer to a close frame; 0: 3 s
}

// Conn is one connection. Its methods may be called from any goroutine.
type Conn struct {
	ws  *websocket.Conn
	net net.Conn
	raw syscall.RawConn // nil where the connection cannot be written without blocking

	writeTimeout, closeTimeout time.Duration

	mu      sync.Mutex
	queue   []byte        // what was sent while drain writes something before it
	busy    bool          // drain runs
	flushed chan struct{} // closed by drain's end, where somebody waits for it
	closing bool          // a close frame was sent
	dead    bool
	drained func() // called without the lock when drain has written all

	// Of one attempt to write, under mu: kept here so that it costs no garbage.
	attempt  func(fd uintptr) bool
	out      []byte
	outCount int
	outErr   error
}

// Accept upgrades a request. It answers w on errors. The request's handler
// should return soon after, so that what the server holds for it is freed.
func Accept(w http.ResponseWriter, r *http.Request, cfg Config) (*Conn, error) {
	c := &Conn{
		writeTimeout: cmp.Or(cfg.WriteTimeout, writeTimeout),
		closeTimeout: cmp.Or(cfg.CloseTimeout, closeTimeout),
	}
	c.attempt = c.writeOnce
	ws, err := websocket.Accept(&hijacker{ResponseWriter: w, conn: c}, r, &websocket.AcceptOptions{
		Subprotocols:    []string{cfg.Subprotocol},
		OriginPatterns:  cfg.OriginPatterns,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(cfg.ReadLimit)
	c.ws = ws
	return c, nil
}

// hijacker hands the library small buffers and a net.Conn whose writes go
// through Conn's lock.
type hijacker struct {
	http.ResponseWriter
	conn *Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// The server may have set one for reading the request.
	if err := nc.SetDeadline(time.Time{}); err != nil {
		nc.Close()
		return nil, nil, err
	}
	h.conn.net = nc
	if sc, ok := nc.(syscall.Conn); ok && canWriteRaw {
		if raw, err := sc.SyscallConn(); err == nil {
			h.conn.raw = raw
		}
	}
	lc := &lockedConn{Conn: nc, c: h.conn}
	// What the server has read beyond the request is the start of the first frame.
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	reader := bufio.NewReaderSize(lc, max(readBuffer, len(early)))
	if len(early) > 0 {
		lc.early = append([]byte(nil), early...)
		if _, err := reader.Peek(len(early)); err != nil {
			nc.Close()
			return nil, nil, err
		}
	}
	return lc, bufio.NewReadWriter(reader, bufio.NewWriterSize(lc, writeBuffer)), nil
}

// lockedConn is what the library reads from and writes to.
type lockedConn struct {
	net.Conn
	c     *Conn
	early []byte
}

func (l *lockedConn) Read(p []byte) (int, error) {
	if len(l.early) > 0 {
		n := copy(p, l.early)
		l.early = l.early[n:]
		return n, nil
	}
	return l.Conn.Read(p)
}

// Write takes the library's control frames; each comes in one call, for they fit
// the write buffer. After a close frame, nothing more is written.
func (l *lockedConn) Write(p []byte) (int, error) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if !l.c.send(p) {
		return 0, net.ErrClosed
	}
	l.c.closing = l.c.closing || len(p) > 0 && p[0] == opClose
	return len(p), nil
}

// Close is the library's, which closes as soon as it has written a close frame;
// that may wait behind a frame of ours.
func (l *lockedConn) Close() error {
	l.c.flush()
	return l.Conn.Close()
}

// OnDrained sets what is called when a busy connection can take frames again.
// Call it before Serve.
func (c *Conn) OnDrained(f func()) { c.drained = f }

// Serve starts reading on a goroutine of its own: frame gets each text message
// (valid during the call), ended is called once, when the connection is over.
func (c *Conn) Serve(frame func([]byte), ended func()) {
	go c.read(frame, ended)
}

var messages = sync.Pool{New: func() any { return new([2048]byte) }}

func (c *Conn) read(frame func([]byte), ended func()) {
	defer ended()
	defer c.ws.CloseNow()
	for {
		// A context that can end would close the connection with it, and cost a timer.
		kind, r, err := c.ws.Reader(context.Background())
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			c.Close(CloseUnsupported, "text frames only")
			c.linger()
			return
		}
		buf := messages.Get().(*[2048]byte)
		n, err := readAll(r, buf[:])
		if err == nil {
			frame(buf[:n])
		}
		messages.Put(buf)
		if err != nil {
			if errors.Is(err, websocket.ErrMessageTooBig) {
				c.linger()
			}
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

// readAll reads a message to its end; the read limit is below len(buf).
func readAll(r io.Reader, buf []byte) (n int, err error) {
	for {
		var m int
		m, err = r.Read(buf[n:])
		n += m
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, err
		case n == len(buf):
			return n, io.ErrShortBuffer
		}
	}
}

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
	case !c.busy:
		c.write(frames)
	case len(c.queue)+len(frames) > maxQueued:
		c.kill()
	default:
		c.queue = append(c.queue, frames...)
	}
	return !c.dead
}

// write hands b to the kernel and what it does not take to drain; mu is held.
func (c *Conn) write(b []byte) {
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
	if c.flushed == nil {
		c.flushed = make(chan struct{})
	}
	wait := c.flushed
	c.mu.Unlock()
	<-wait
}

// kill ends the connection at once; mu is held. The reader notices.
func (c *Conn) kill() {
	if !c.dead {
		c.dead = true
		c.queue = nil
		c.net.Close()
	}
}

// Close sends a close frame, after what is queued, and gives the peer a few
// seconds to answer. It does not wait.
func (c *Conn) Close(code int, reason string) {
	frame := appendClose(nil, code, reason)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.closing {
		return
	}
	if c.busy {
		c.queue = append(c.queue, frame...)
	} else {
		c.write(frame)
	}
	c.closing = true
	if !c.dead && c.net.SetReadDeadline(time.Now().Add(c.closeTimeout)) != nil {
		c.kill()
	}
}
