package live

import (
	"cmp"
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
	"drumroll/web/entries"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/view"
)

const (
	subprotocol = "drumroll.v1"
	maxFrame    = 1024 // bytes a phone's frame; an entry with 50 choices fits
	maxRef      = 64   // bytes of a ref, as JSON
)

// Websocket is the endpoint of all three views.
func (s *Sockets) Websocket(w http.ResponseWriter, r *http.Request) {
	if err := s.openSocket(w, r); err != nil {
		s.Answers.Problem(w, r, err)
	}
}

func (s *Sockets) openSocket(w http.ResponseWriter, r *http.Request) error {
	name := cmp.Or(r.URL.Query().Get("view"), view.Phone)
	// Before anything that costs: a browser does not even read the refusal, and
	// dials again by itself. A request that cannot become a socket takes nobody's
	// place.
	if upgrades(r) {
		if _, err := s.Sessions.Opened(r); err != nil {
			return err
		}
		if err := s.letIn(r, name); err != nil {
			w.Header().Set("Connection", "close")
			return err
		}
	}
	c, err := s.caller(r, name)
	if err != nil {
		return err
	}
	c.room = s.room(c.rep)
	if s.draining.Load() { // or Drain sees the room, and sends this socket away too
		return problem.Leaving
	}
	if c.conn, err = s.accept(w, r, name); err != nil {
		// The library has answered: no websocket request, or a foreign origin.
		s.Answers.Metrics.Refused("handshake")
		return nil
	}
	// A host's socket is never one too many.
	if s.sockets.Add(1) > s.Valves.MaxSockets && name != view.Host {
		s.Answers.Metrics.Refused("sockets")
		c.conn.Serve(func([]byte) {}, s.socketEnded)
		c.conn.Close(socket.CloseBusy, strconv.Itoa(10*problem.RetryAfterMS()))
		return nil
	}
	c.serve(r)
	return nil
}

// caller finds out who opens a socket.
func (s *Sockets) caller(r *http.Request, name string) (c *client, err error) {
	c = &client{s: s}
	if c.rep, err = s.Sessions.Event(r); err != nil {
		return nil, err
	}
	switch name {
	case view.Phone:
		c.view = view.Phone // the constant: the request's own string would keep the request
		c.who, err = s.Sessions.Participant(r, c.rep)
	case view.Host:
		c.view = view.Host
		c.key, err = s.Sessions.CheckHost(r, c.rep)
	case view.Screen:
		c.view = view.Screen
	default:
		err = problem.Invalid("view must be phone, screen or host.")
	}
	return c, err
}

// accept upgrades a request; it has answered where it returns an error.
func (s *Sockets) accept(w http.ResponseWriter, r *http.Request, name string) (*socket.Conn, error) {
	cfg := socket.Config{Subprotocol: subprotocol, ReadLimit: maxFrame, WriteTimeout: s.SlowReader}
	if u := s.Sessions.PublicURL; u != nil {
		// The library matches patterns (path.Match), where brackets mean something.
		cfg.OriginPatterns = append(cfg.OriginPatterns, strings.NewReplacer("[", `\[`, "]", `\]`).Replace(u.Host))
	}
	if name == view.Phone {
		cfg.SendBuffer = overload.PhoneBuffer
	}
	return socket.Accept(w, r, cfg)
}

// upgrades reports whether a request may become a socket: of one without these
// headers socket.Accept makes none.
func upgrades(r *http.Request) bool {
	names := func(header, token string) bool {
		return strings.Contains(strings.ToLower(strings.Join(r.Header.Values(header), ",")), token)
	}
	return names("Connection", "upgrade") && names("Upgrade", "websocket")
}

// client is one socket's end here. Its frame method runs on the socket's own
// goroutine alone.
type client struct {
	s    *Sockets
	rep  *replica.Replica
	room *room
	conn *socket.Conn
	sub  *hub.Subscriber
	view string
	who  event.Participant // of a phone, else 0
	key  string            // of a host, else ""

	unacked atomic.Int32
	bucket  *rate.Limiter // of entries
}

// serve lets the socket into its room. From then on the connection has a goroutine
// of its own, and what the server holds for the request is freed.
func (c *client) serve(r *http.Request) {
	base := c.s.Sessions.BaseURL(r)
	c.sub = &hub.Subscriber{Key: uint64(c.who), Audience: c.room.audience(c.view, base), Conn: c.conn}
	c.bucket = c.s.Valves.Entries.Bucket()
	c.conn.OnDrained(c.sub.Drained)
	c.rep.Pin()
	c.s.Answers.Metrics.Connections(c.view, +1)
	switch c.view {
	case view.Phone:
		c.room.phone(+1)
		c.join(r)
	case view.Host:
		c.room.host(c.conn, session.HashKey(c.key), base)
		c.room.dropRevoked() // it may have been revoked since it was checked
	}
	c.room.topic.Subscribe(c.sub)
	c.conn.Serve(c.frame, c.ended)
}

func (c *client) ended() {
	c.room.topic.Unsubscribe(c.sub)
	switch c.view {
	case view.Phone:
		c.room.phone(-1)
	case view.Host:
		c.room.gone(c.conn)
	}
	c.s.socketEnded()
	c.s.Answers.Metrics.Connections(c.view, -1)
	c.rep.Unpin()
}

// join makes the participant known to the log, where it is not yet.
func (c *client) join(r *http.Request) {
	if joined, err := c.s.Intake.MayJoin(r, c.rep, c.who); !joined && err == nil {
		// Should the log be too busy, the first entry joins as well.
		_ = c.rep.Submit(event.JoinItem(c.who, ""), nil)
	}
}

func (c *client) frame(data []byte) {
	buffer := entries.NewBuffer()
	defer buffer.Free()
	inTime := c.bucket.Allow()
	if !inTime {
		c.conn.Slow() // also where it is no entry: that costs as much
	}
	f, err := buffer.Frame(data)
	if err != nil || f.T != "entry" || c.who == 0 || len(f.Ref) > maxRef {
		if len(f.Ref) > maxRef {
			f.Ref = nil
		}
		c.s.Answers.Metrics.Refused("invalid")
		c.ack(f.Ref, "invalid", "", 0)
		return
	}
	if !inTime || c.unacked.Load() >= overload.MaxUnacked {
		c.s.Answers.Metrics.Refused("rate")
		c.ack(f.Ref, "retry", "", problem.RetryAfterMS())
		return
	}
	it, err := c.s.Intake.Admit(c.s.over, c.rep, c.who, &f.Entry)
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
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && (p.Code == problem.Closed.Code || p.Code == problem.InvalidEntry.Code):
		c.s.Answers.Metrics.Refused(p.Code)
		c.ack(ref, p.Code, "", 0)
	case entries.MayRetry(err):
		c.s.Answers.Metrics.Refused("overloaded")
		c.ack(ref, "retry", "", problem.RetryAfterMS())
	default:
		c.ack(ref, "closed", "", 0) // the event is gone; the close frame says so
	}
}

// letIn lets a socket of a view in. The host's is asked for its key instead.
func (s *Sockets) letIn(r *http.Request, name string) error {
	valve := s.Valves.Arrivals
	switch name {
	case view.Host:
		return nil
	case view.Screen:
		if !s.Valves.Limits.Allow(overload.Screens, session.ClientIP(r)) && !s.Sessions.OfHost(r) {
			return problem.Rate
		}
		valve = s.Valves.Screens
	}
	return valve.Admit(overload.SocketCost, func() bool { return s.Sessions.OfHost(r) })
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
			c.s.Answers.Logger.Debug("entry not stored before the end", "event", c.rep.Code())
		}
	} else {
		if o := st.Outcome.Status; o == event.Counted || o == event.Changed {
			c.sub.Credit()
		}
		ticket := ""
		if st.Outcome.HasTicket {
			ticket = st.Outcome.Ticket.String()
		}
		c.ack(w.ref, kinds.StatusWord(st.Outcome.Status), ticket, 0)
	}
	w.free()
}

var ackBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 256); return &b }}

// ack sends an acknowledgement frame. ref is JSON as the phone sent it.
func (c *client) ack(ref []byte, status, ticket string, afterMS int) {
	buf := ackBuffers.Get().(*[]byte)
	b := append((*buf)[:0], `{"t":"ack","ref":`...)
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
	payload := b
	b = socket.AppendText(payload, payload)
	c.conn.Send(b[len(payload):])
	*buf = b
	ackBuffers.Put(buf)
}
