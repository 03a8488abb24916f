package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/hub"
	"drumroll/internal/replica"
	"drumroll/internal/socket"
)

const (
	subprotocol = "drumroll.v1"
	maxFrame    = 1024 // bytes a phone's frame; an entry with 50 choices fits
	maxUnacked  = 16   // entries of one socket that are not acknowledged yet
	maxRef      = 64   // bytes of a ref, as JSON
	// What the kernel holds for a phone that does not read. With the rest of one
	// frame and what is queued behind it, such a phone costs less than 64 KB.
	phoneBuffer = 32 << 10
)

// websocket is the endpoint of all three views.
func (s *Server) websocket(w http.ResponseWriter, r *http.Request) {
	if err := s.openSocket(w, r); err != nil {
		s.failAPI(w, r, err)
	}
}

func (s *Server) openSocket(w http.ResponseWriter, r *http.Request) error {
	view := r.URL.Query().Get("view")
	// Before anything that costs: a browser does not even read the refusal, and
	// dials again by itself. A request that cannot become a socket takes nobody's
	// place.
	if upgrades(r) {
		if _, err := s.opened(r); err != nil {
			return err
		}
		if err := s.letIn(r, view); err != nil {
			w.Header().Set("Connection", "close")
			return err
		}
	}
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	var p event.Participant
	var key string
	switch view {
	case viewPhone, "":
		view = viewPhone
		if p, err = s.who(r, rep); err != nil {
			return err
		}
	case viewHost:
		if key, err = s.checkHost(r, rep); err != nil {
			return err
		}
	case viewScreen:
	default:
		return invalidInput("view must be phone, screen or host.")
	}
	room := s.room(rep)
	if s.draining.Load() { // or Drain sees the room, and sends this socket away too
		return errLeaving
	}
	var origins []string
	if u := s.cfg.PublicURL; u != nil {
		// The library matches patterns (path.Match), where brackets mean something.
		origins = append(origins, strings.NewReplacer("[", `\[`, "]", `\]`).Replace(u.Host))
	}
	cfg := socket.Config{Subprotocol: subprotocol, OriginPatterns: origins, ReadLimit: maxFrame, WriteTimeout: s.cfg.SlowReader}
	if view == viewPhone {
		cfg.SendBuffer = phoneBuffer
	}
	conn, err := socket.Accept(w, r, cfg)
	if err != nil {
		// The library has answered: no websocket request, or a foreign origin.
		s.cfg.Metrics.Refused("handshake")
		return nil
	}

	// A host's socket is never one too many.
	if s.sockets.Add(1) > int64(cmp.Or(s.cfg.MaxSockets, MaxSockets)) && view != viewHost {
		s.cfg.Metrics.Refused("sockets")
		conn.Serve(func([]byte) {}, s.socketEnded)
		conn.Close(socket.CloseBusy, strconv.Itoa(10*retryAfterMS()))
		return nil
	}

	sub := &hub.Subscriber{Key: uint64(p), Audience: room.audience(view, s.baseURL(r)), Conn: conn}
	conn.OnDrained(sub.Drained)
	c := &client{s: s, rep: rep, conn: conn, sub: sub, who: p, entries: s.entryLimit().bucket()}
	rep.Pin()
	s.cfg.Metrics.Connections(view, +1)
	switch view {
	case viewPhone:
		room.phone(+1)
		c.join(r)
	case viewHost:
		room.host(conn, hashKey(key), s.baseURL(r))
		room.dropRevoked() // it may have been revoked since it was checked
	}
	room.topic.Subscribe(sub)
	// From here on the connection has a goroutine of its own, and what the server
	// holds for this request is freed.
	conn.Serve(c.frame, func() {
		room.topic.Unsubscribe(sub)
		switch view {
		case viewPhone:
			room.phone(-1)
		case viewHost:
			room.gone(conn)
		}
		s.socketEnded()
		s.cfg.Metrics.Connections(view, -1)
		rep.Unpin()
	})
	return nil
}

// upgrades reports whether a request may become a socket: of one without these
// headers socket.Accept makes none.
func upgrades(r *http.Request) bool {
	names := func(header, token string) bool {
		return strings.Contains(strings.ToLower(strings.Join(r.Header.Values(header), ",")), token)
	}
	return names("Connection", "upgrade") && names("Upgrade", "websocket")
}

// fallbackBase is the base URL of pages when too many were asked for at once.
func (s *Server) fallbackBase() string {
	switch {
	case s.cfg.PublicURL != nil:
		return s.cfg.PublicURL.Scheme + "://" + s.cfg.PublicURL.Host
	case s.cfg.LAN.IsValid():
		return "http://" + s.cfg.LAN.String()
	}
	return "http://localhost"
}

// client is one socket's end here. Its frame method runs on the socket's own
// goroutine alone.
type client struct {
	s    *Server
	rep  *replica.Replica
	conn *socket.Conn
	sub  *hub.Subscriber
	who  event.Participant // 0: a screen or host

	unacked atomic.Int32
	entries *rate.Limiter
}

// join makes the participant known to the log, where it is not yet.
func (c *client) join(r *http.Request) {
	if joined, err := c.s.mayJoin(r, c.rep, c.who); !joined && err == nil {
		// Should the log be too busy, the first entry joins as well.
		_ = c.rep.Submit(event.JoinItem(c.who, ""), nil)
	}
}

// decoded is room for one frame of a phone.
type decoded struct {
	phoneFrame
	room [event.MaxOptions]int
}

var decodedFrames = sync.Pool{New: func() any { return new(decoded) }}

func (c *client) frame(data []byte) {
	f := decodedFrames.Get().(*decoded)
	defer decodedFrames.Put(f)
	err := decodeFrame(data, &f.phoneFrame, f.room[:])
	if err != nil || f.T != "entry" || c.who == 0 || len(f.Ref) > maxRef {
		if len(f.Ref) > maxRef {
			f.Ref = nil
		}
		c.s.cfg.Metrics.Refused("invalid")
		c.ack(f.Ref, "invalid", "", 0)
		return
	}
	inTime := c.entries.Allow()
	if !inTime {
		c.conn.Slow()
	}
	if !inTime || c.unacked.Load() >= maxUnacked {
		c.s.cfg.Metrics.Refused("rate")
		c.ack(f.Ref, "retry", "", retryAfterMS())
		return
	}
	it, err := admit(context.Background(), c.rep, c.who, &f.Entry)
	if err == nil {
		w := waiters.Get().(*socketWaiter)
		w.c = c
		w.ref = append(w.ref[:0], f.Ref...)
		c.unacked.Add(1)
		if err = c.rep.Submit(it, w); err == nil {
			return
		}
		c.unacked.Add(-1)
		w.free()
	}
	c.refuse(f.Ref, err)
}

func (c *client) refuse(ref []byte, err error) {
	var p *problem
	switch {
	case errors.As(err, &p) && (p.Code == errClosed.Code || p.Code == errInvalid.Code):
		c.s.cfg.Metrics.Refused(p.Code)
		c.ack(ref, p.Code, "", 0)
	case mayRetry(err):
		c.s.cfg.Metrics.Refused("overloaded")
		c.ack(ref, "retry", "", retryAfterMS())
	default:
		c.ack(ref, "closed", "", 0) // the event is gone; the close frame says so
	}
}

// socketWaiter acknowledges one entry, from the fold's goroutine.
type socketWaiter struct {
	c   *client
	ref []byte
}

var waiters = sync.Pool{New: func() any { return new(socketWaiter) }}

func (w *socketWaiter) free() {
	w.c = nil
	waiters.Put(w)
}

func (w *socketWaiter) Settle(st replica.Settled) {
	c := w.c
	c.unacked.Add(-1)
	if st.Err != nil {
		c.refuse(w.ref, st.Err)
		if errors.Is(st.Err, eventlog.ErrStopped) {
			c.s.cfg.Logger.Debug("entry not stored before the end", "event", c.rep.Code())
		}
	} else {
		if o := st.Outcome.Status; o == event.Counted || o == event.Changed {
			c.sub.Credit()
		}
		ticket := ""
		if st.Outcome.HasTicket {
			ticket = st.Outcome.Ticket.String()
		}
		c.ack(w.ref, statusWord(st.Outcome.Status), ticket, 0)
	}
	w.free()
}

var ackBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 256); return &b }}

// ack sends an acknowledgement frame. ref is JSON as the phone sent it.
func (c *client) ack(ref []byte, status, ticket string, afterMS int) {
	buf := ackBuffers.Get().(*[]byte)
	b := append((*buf)[:0], 0, 0) // the header of a frame below 126 bytes
	b = append(b, `{"t":"ack","ref":`...)
	if len(ref) == 0 {
		b = append(b, "null"...)
	} else {
		b = append(b, ref...)
	}
	b = append(b, `,"status":"`...)
	b = append(b, status...)
	b = append(b, '"')
	if ticket != "" {
		b = append(b, `,"ticket":"`...)
		b = append(b, ticket...)
		b = append(b, '"')
	}
	if afterMS > 0 {
		b = append(b, `,"after_ms":`...)
		b = strconv.AppendInt(b, int64(afterMS), 10)
	}
	b = append(b, '}')
	if frame, ok := socket.SealSmall(b); ok {
		c.conn.Send(frame)
	} else {
		c.conn.Send(socket.AppendText(nil, b[2:]))
	}
	*buf = b
	ackBuffers.Put(buf)
}
