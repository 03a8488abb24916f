package web

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/replica"
)

// An entryLane is a connection on which an API client makes entry calls one after
// another. HTTP in general costs several times what such a call needs, so after
// the first one the lane takes the connection over from net/http and reads the
// calls itself, as long as they are plain (readPlain) and nothing is wrong with
// them. The first that is anything else goes back to net/http together with the
// connection, from its first byte on: what is unusual is never judged here.
type entryLane struct {
	s      *Server
	server *http.Server // that the connection came from
	conn   net.Conn
	req    *http.Request // the call that opened the lane: it stands for those that follow
	buf    [laneRoom]byte
	out    []byte // of the answer under way

	date   []byte // of answers
	dateAt int64  // its Unix second

	mu      sync.Mutex
	closing bool
	until   time.Time // the connection's deadline
}

const (
	// laneRoom holds one call.
	laneRoom = 2048
	// laneIdle is how long a connection is kept without a call, and how long an
	// answer may wait to be taken; laneRenew is how often that is put off.
	laneIdle  = 2 * time.Minute
	laneRenew = 15 * time.Second
)

// openLane takes the connection of a call over; what came after the call is early.
// nil: net/http keeps it, for other calls than entries are to be expected on it.
func (s *Server) openLane(w http.ResponseWriter, r *http.Request) (l *entryLane, early []byte) {
	if r.Proto != "HTTP/1.1" || r.Close || r.TLS != nil || len(s.cfg.TrustedProxies) > 0 {
		return nil, nil
	}
	for name := range r.Header {
		switch name {
		case "Content-Type", "Content-Length", "Authorization", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language":
		default:
			return nil, nil // of a browser, or through a proxy
		}
	}
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return nil, nil
	}
	l = &entryLane{s: s, server: server, req: r.WithContext(context.WithoutCancel(r.Context()))}
	if !s.lanes.add(l) {
		return nil, nil
	}
	conn, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.lanes.remove(l)
		return nil, nil
	}
	early, _ = brw.Reader.Peek(brw.Reader.Buffered()) // never fails: they are there
	early = bytes.Clone(early)
	if back, ok := conn.(*returned); ok {
		// It was a lane's before. A client that goes to and fro must not make it a layer
		// thicker each time.
		conn, early = back.Conn, append(early, back.early...)
	}
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	l.renew() // where it fails, so does the first answer
	return l, early
}

// run reads calls until the connection ends or goes back.
func (l *entryLane) run(early []byte) {
	defer l.s.lanes.remove(l)
	if len(early) > len(l.buf) {
		l.giveBack(early)
		return
	}
	n := copy(l.buf[:], early)
	answered := true
	for {
		var call plainCall
		size := readPlain(l.buf[:n], &call)
		switch {
		case size == plainOther, size == plainMore && n == len(l.buf), size > 0 && !l.take(&call):
			l.giveBack(l.buf[:n])
			return
		case size > 0:
			n = copy(l.buf[:], l.buf[size:n])
			answered = true
			continue
		}
		// What comes in drops keeps no connection for longer than a whole call does.
		if answered && !l.renew() {
			l.conn.Close()
			return
		}
		answered = false
		more, err := l.conn.Read(l.buf[n:])
		if err != nil {
			l.conn.Close()
			return
		}
		n += more
	}
}

// renew puts the connection's deadline off; false where the lane is to end.
func (l *entryLane) renew() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return false
	}
	now := time.Now()
	if l.until.Sub(now) > laneIdle-laneRenew {
		return true
	}
	l.until = now.Add(laneIdle)
	return l.conn.SetDeadline(l.until) == nil
}

// close ends the lane as soon as it has nothing to answer.
func (l *entryLane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
	if l.conn != nil {
		_ = l.conn.SetReadDeadline(time.Now()) // where that fails, it has ended
	}
}

// take answers a call; false where something is wrong with it.
func (l *entryLane) take(call *plainCall) bool {
	start := time.Now()
	code, ok := normalCode(string(call.code))
	if !ok {
		return false
	}
	rep, err := l.s.cfg.Replicas.Open(l.req.Context(), code)
	if err != nil {
		return false
	}
	p, ok := l.s.parseToken(uidOf(rep), string(call.token))
	if !ok || rep.Full() || !knows(rep, p) {
		return false
	}
	var e entry
	var choices [event.MaxOptions]int
	if !plainEntry(call.body, &e, choices[:]) {
		return false
	}
	l.answer(rep, p, &e, start)
	return true
}

// answer submits an entry and writes what became of it.
func (l *entryLane) answer(rep *replica.Replica, p event.Participant, e *entry, start time.Time) {
	w := laneWriter{status: http.StatusOK}
	settled, err := l.enter(&w, rep, p, e)
	if err == nil && w.status == http.StatusOK {
		var room [256]byte
		l.write(http.StatusOK, nil, appendEntryAnswer(room[:0], &settled))
	} else {
		if err != nil {
			l.s.refuse(&w, l.req, err)
		}
		w.header.Del("Content-Length") // write tells it
		l.write(w.status, w.header, w.body.Bytes())
	}
	l.s.cfg.Metrics.Request(entriesRoute, w.status, time.Since(start))
}

// enter is Server.enter, with a panic answered as the router's chain does.
func (l *entryLane) enter(w *laneWriter, rep *replica.Replica, p event.Participant, e *entry) (settled replica.Settled, err error) {
	defer func() {
		if v := recover(); v != nil {
			l.s.panicked(w, l.req, entriesRoute, v)
		}
	}()
	return l.s.enter(l.req, rep, p, e)
}

// write sends an answer; the next read finds out whether it was taken.
func (l *entryLane) write(status int, header http.Header, body []byte) {
	b := append(l.out[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(append(append(b, ' '), http.StatusText(status)...), "\r\nX-Content-Type-Options: nosniff\r\n"...)
	if header == nil {
		b = append(b, "Cache-Control: no-store\r\nContent-Type: application/json\r\n"...)
	}
	for name, values := range header {
		for _, v := range values {
			b = append(append(append(append(b, name...), ": "...), v...), "\r\n"...)
		}
	}
	if l.leaving() {
		b = append(b, "Connection: close\r\n"...)
	}
	if now := time.Now().Unix(); now != l.dateAt {
		l.dateAt = now
		l.date = time.Unix(now, 0).UTC().AppendFormat(append(l.date[:0], "Date: "...), http.TimeFormat)
		l.date = append(l.date, "\r\nContent-Length: "...)
	}
	b = strconv.AppendInt(append(b, l.date...), int64(len(body)), 10)
	b = append(append(b, "\r\n\r\n"...), body...)
	l.out = b
	_, _ = l.conn.Write(b)
}

func (l *entryLane) leaving() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closing
}

// giveBack lets net/http serve the connection on, from b.
func (l *entryLane) giveBack(b []byte) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil // from here on its deadlines are not the lane's to set
	l.mu.Unlock()
	if conn.SetDeadline(time.Time{}) != nil {
		conn.Close()
		return
	}
	one := &oneConn{conn: &returned{Conn: conn, early: bytes.Clone(b)}}
	_ = l.server.Serve(one) // it ends at once: there is one connection to accept
	if one.conn != nil {
		conn.Close() // it was not accepted, since the server is shutting down
	}
}

// returned is a connection of which something was read before.
type returned struct {
	net.Conn
	early []byte
}

func (c *returned) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// SyscallConn is the connection's own. Whoever asks for it has taken the
// connection over, and net/http has read what was early by then: its buffer is the
// larger one.
func (c *returned) SyscallConn() (syscall.RawConn, error) {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return nil, net.ErrClosed
	}
	return sc.SyscallConn()
}

// SetWriteBuffer bounds what the kernel holds for a peer that does not read.
func (c *returned) SetWriteBuffer(bytes int) error {
	if b, ok := c.Conn.(interface{ SetWriteBuffer(bytes int) error }); ok {
		return b.SetWriteBuffer(bytes)
	}
	return nil
}

// oneConn is a listener with one connection to accept.
type oneConn struct{ conn net.Conn }

func (o *oneConn) Accept() (net.Conn, error) {
	if o.conn == nil {
		return nil, io.EOF
	}
	c := o.conn
	o.conn = nil
	return c, nil
}

func (o *oneConn) Close() error   { return nil }
func (o *oneConn) Addr() net.Addr { return nil }

// laneWriter holds an answer that is not the usual one.
type laneWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *laneWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}
func (w *laneWriter) WriteHeader(status int)      { w.status = status }
func (w *laneWriter) Write(p []byte) (int, error) { return w.body.Write(p) }

// lanes are the entry lanes of a node.
type lanes struct {
	mu     sync.Mutex
	all    map[*entryLane]struct{}
	closed bool
	open   sync.WaitGroup
}

func (ls *lanes) add(l *entryLane) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed {
		return false
	}
	if ls.all == nil {
		ls.all = map[*entryLane]struct{}{}
	}
	ls.all[l] = struct{}{}
	ls.open.Add(1)
	return true
}

func (ls *lanes) remove(l *entryLane) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	delete(ls.all, l)
	ls.open.Done()
}

// close ends all lanes, each when it has answered what it has read, and lets none
// open; it returns when they have ended or ctx has.
func (ls *lanes) close(ctx context.Context) {
	ls.mu.Lock()
	ls.closed = true
	for l := range ls.all {
		l.close()
	}
	ls.mu.Unlock()
	waitFor(ctx, &ls.open)
}
