package entries

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
)

// Intake takes entries from participants.
type Intake struct {
	Valves *overload.Valves
	// Pseudonym is what a ticket is made of besides the phone's nonce (kinds.Node).
	Pseudonym func(uid event.UID, p event.Participant, activity, run int) [16]byte
}

// Admit turns an entry into an item for the log. What is malformed is refused at
// once (problem.InvalidEntry); what the state forbids (problem.Closed) only after this node has
// folded to the log's head as of now.
func (s *Intake) Admit(ctx context.Context, rep *replica.Replica, p event.Participant, e *event.Entry) (event.Item, error) {
	if e.Activity < 1 || e.Run < 0 {
		return event.Item{}, problem.InvalidEntry
	}
	e.Random, e.Pseudonym = randomBytes, s.Pseudonym
	return session.LookTwice(ctx, rep, func(st *event.State) (event.Item, error) {
		it, status := st.Entry(p, e)
		return it, statusError(status)
	})
}

func randomBytes(b []byte) { _, _ = rand.Read(b) } // never fails (crypto/rand)

// statusError is the error that a status is for an HTTP caller, or nil.
func statusError(s event.Status) error {
	switch s {
	case event.TooLate:
		return problem.Closed
	case event.Malformed:
		return problem.InvalidEntry
	case event.NoActivity:
		return problem.NoActivity
	}
	return nil
}

// Enter submits an entry that came over HTTP and waits for the fold.
func (s *Intake) Enter(r *http.Request, rep *replica.Replica, p event.Participant, e *event.Entry) (replica.Settled, error) {
	if !s.Valves.Limits.AllowParticipant(s.Valves.Entries, rep.Code(), p) {
		return replica.Settled{}, problem.Rate
	}
	if _, err := s.MayJoin(r, rep, p); err != nil {
		return replica.Settled{}, err
	}
	it, err := s.Admit(r.Context(), rep, p, e)
	if err != nil {
		return replica.Settled{}, err
	}
	settled, err := rep.Enter(it)
	if err != nil {
		return settled, err
	}
	return settled, statusError(settled.Outcome.Status)
}

// MayJoin reports whether the log, as far as this node has folded it, knows a
// participant already; where it does not, it takes a token of the caller's address: problem.Rate where there is none.
func (s *Intake) MayJoin(r *http.Request, rep *replica.Replica, p event.Participant) (joined bool, err error) {
	rep.View(func(st *event.State) { joined = st.Joined(p) })
	if !joined && !s.Valves.Limits.Allow(overload.Joining, session.ClientIP(r)) {
		return false, problem.Rate
	}
	return joined, nil
}

// NamesOn reports whether participants may give themselves a name.
func NamesOn(rep *replica.Replica) (on bool) {
	rep.View(func(st *event.State) { on = st.Names() })
	return on
}

// Rename gives a participant a name of their own, where the host allows names.
func (s *Intake) Rename(r *http.Request, rep *replica.Replica, p event.Participant, name string) error {
	name, err := event.Text("name", name)
	if err != nil {
		return err
	}
	if !NamesOn(rep) {
		return problem.New(http.StatusConflict, "conflict", "Names are off", "In this event everybody has a generated name.")
	}
	if !s.Valves.Limits.AllowParticipant(s.Valves.Entries, rep.Code(), p) {
		return problem.Rate
	}
	_, err = rep.Enter(event.JoinItem(p, name))
	return err
}

// MayRetry reports whether the sender of an entry should send it again.
func MayRetry(err error) bool {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	}
	return !errors.Is(err, eventlog.ErrNotFound) && !errors.Is(err, replica.ErrDeleted)
}

// Buffer is memory for one frame, or one entry call: its body, and then its answer.
type Buffer struct {
	frame   Frame
	body    [512]byte // an entry with all 50 choices fits
	choices [event.MaxOptions]int
}

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer returns a Buffer, which Free gives back.
func NewBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Free gives the buffer back: what came of it is not valid any more.
func (b *Buffer) Free() { buffers.Put(b) }

// Frame is DecodeFrame into the buffer.
func (b *Buffer) Frame(data []byte) (*Frame, error) {
	return &b.frame, DecodeFrame(data, &b.frame, b.choices[:])
}

// Answer is the body that tells what became of an entry.
func (b *Buffer) Answer(settled *replica.Settled) []byte { return appendAnswer(b.body[:0], settled) }

// Read reads an entry. It is valid until Free.
func (b *Buffer) Read(w http.ResponseWriter, r *http.Request) (*event.Entry, error) {
	if n := r.ContentLength; n < 1 || n > int64(len(b.body)) {
		e := new(event.Entry)
		return e, problem.Decode(w, r, problem.MaxEntry, e)
	}
	if err := problem.CheckType(r); err != nil {
		return nil, err
	}
	body := b.body[:r.ContentLength]
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, problem.Malformed(err)
	}
	b.frame = Frame{}
	parser := frameParser{rest: body}
	if parser.frame(&b.frame, b.choices[:]) {
		return &b.frame.Entry, nil
	}
	e := new(event.Entry)
	return e, problem.DecodeFrom(bytes.NewReader(body), e)
}

// appendAnswer appends {"status","run","offset","ticket"}; no member needs
// escapes.
func appendAnswer(b []byte, settled *replica.Settled) []byte {
	o := &settled.Outcome
	b = append(b, `{"status":"`...)
	b = append(b, kinds.StatusWord(o.Status)...)
	b = append(b, `","run":`...)
	b = strconv.AppendInt(b, int64(o.Run), 10)
	b = append(b, `,"offset":"`...)
	b = settled.At.Append(b)
	if o.HasTicket {
		b = append(b, `","ticket":"`...)
		b = append(b, o.Ticket.String()...)
	}
	return append(b, "\"}\n"...)
}
