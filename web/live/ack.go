package live

import (
	"errors"
	"strconv"
	"sync"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
	"drumroll/internal/socket"
	"drumroll/web/kinds"
)

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
			c.s.Logger.Debug("entry not stored before the end", "event", c.rep.Code())
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
