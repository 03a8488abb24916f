package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
)

// syncTimeout is how long a refusal on state may take to be made sure of.
const syncTimeout = 5 * time.Second

// admit turns an entry into an item for the log. What is malformed is refused at
// once (errInvalid); what the state forbids (errClosed) only after this node has
// folded to the log's head as of now.
func admit(ctx context.Context, rep *replica.Replica, p event.Participant, e *event.Entry) (event.Item, error) {
	if e.Activity < 1 || e.Run < 0 {
		return event.Item{}, errInvalid
	}
	e.Random = randomBytes
	return lookTwice(ctx, rep, func(st *event.State) (event.Item, error) {
		it, status := st.Entry(p, e)
		return it, statusError(status)
	})
}

func randomBytes(b []byte) { _, _ = rand.Read(b) } // never fails (crypto/rand)

// lookTwice looks at the state, and where that finds an error other than errInvalid,
// once more when this node has folded to the log's head as of now: another node may
// know better.
func lookTwice[T any](ctx context.Context, rep *replica.Replica, look func(*event.State) (T, error)) (found T, err error) {
	rep.View(func(st *event.State) { found, err = look(st) })
	if err == nil || err == error(errInvalid) {
		return found, err
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	if err := rep.Sync(ctx); err != nil {
		return found, err
	}
	rep.View(func(st *event.State) { found, err = look(st) })
	return found, err
}

// statusError is the error that a status is for an HTTP caller, or nil.
func statusError(s event.Status) error {
	switch s {
	case event.TooLate:
		return errClosed
	case event.Malformed:
		return errInvalid
	case event.NoActivity:
		return errNoActivity
	}
	return nil
}

// postEntry takes an entry. It is the call that a full room makes at once, so that
// it makes little garbage.
func (s *Server) postEntry(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	if rep.Full() {
		return errOverloaded // before its body is read
	}
	p, err := s.who(r, rep)
	if err != nil {
		return err
	}
	room := entryRooms.Get().(*entryRoom)
	defer entryRooms.Put(room)
	e, err := room.read(w, r)
	if err != nil {
		return err
	}
	settled, err := s.enter(r, rep, p, e)
	if err != nil {
		return err
	}
	s.answerEntry(w, &settled, room.body[:0])
	return nil
}

// entryRoom is memory for one entry call: its body, and then its answer.
type entryRoom struct {
	frame   phoneFrame
	body    [512]byte // an entry with all 50 choices fits
	choices [event.MaxOptions]int
}

var entryRooms = sync.Pool{New: func() any { return new(entryRoom) }}

// read reads an entry. It is valid until the room is used again.
func (room *entryRoom) read(w http.ResponseWriter, r *http.Request) (*event.Entry, error) {
	if n := r.ContentLength; n < 1 || n > int64(len(room.body)) {
		e := new(event.Entry)
		return e, decode(w, r, maxEntry, e)
	}
	if err := checkJSONType(r); err != nil {
		return nil, err
	}
	body := room.body[:r.ContentLength]
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, badJSON(err)
	}
	room.frame = phoneFrame{}
	parser := frameParser{rest: body}
	if parser.frame(&room.frame, room.choices[:]) {
		return &room.frame.Entry, nil
	}
	e := new(event.Entry)
	return e, decodeFrom(bytes.NewReader(body), e)
}

// enter submits an entry that came over HTTP and waits for the fold.
func (s *Server) enter(r *http.Request, rep *replica.Replica, p event.Participant, e *event.Entry) (replica.Settled, error) {
	if !s.limits.allowParticipant(s.entryLimit(), rep.Code(), p) {
		return replica.Settled{}, errRate
	}
	if _, err := s.mayJoin(r, rep, p); err != nil {
		return replica.Settled{}, err
	}
	it, err := admit(r.Context(), rep, p, e)
	if err != nil {
		return replica.Settled{}, err
	}
	settled, err := rep.Enter(it)
	if err != nil {
		return settled, err
	}
	return settled, statusError(settled.Outcome.Status)
}

// answerEntry answers with what became of an entry; room is scratch space.
func (s *Server) answerEntry(w http.ResponseWriter, settled *replica.Settled, room []byte) {
	b := appendEntryAnswer(room, settled)
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = jsonType, noStore
	if _, err := w.Write(b); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
	}
}

// appendEntryAnswer appends {"status","run","offset","ticket"}; no member needs
// escapes.
func appendEntryAnswer(b []byte, settled *replica.Settled) []byte {
	o := &settled.Outcome
	b = append(b, `{"status":"`...)
	b = append(b, statusWord(o.Status)...)
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

func (s *Server) join(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	if err := s.newcomer(r, s.arrivals, joinCost); err != nil {
		return err
	}
	var in struct {
		Name string `json:"name"`
	}
	if r.ContentLength != 0 {
		if err := decode(w, r, maxEntry, &in); err != nil && !emptyBody(r, err) {
			return err
		}
	}
	if in.Name != "" {
		if in.Name, err = event.Text("name", in.Name); err != nil {
			return err
		}
	}
	p := newParticipant()
	if _, err := s.mayJoin(r, rep, p); err != nil {
		return err
	}
	if !namesOn(rep) {
		in.Name = "" // and so it never reaches the disk
	}
	if _, err := rep.Enter(event.JoinItem(p, in.Name)); err != nil {
		return err
	}
	var you event.You
	var uid event.UID
	rep.View(func(st *event.State) { you, uid = st.You(p), st.UID() })
	token := s.token(uid, p)
	s.setCookie(w, r, participantCookie+rep.Code(), token)
	out := map[string]string{"token": token, "handle": you.Handle}
	if you.Name != "" {
		out["name"] = you.Name
	}
	return s.answer(w, http.StatusCreated, out)
}

// mayJoin reports whether the log knows a participant already; where it does not,
// it takes a token of the caller's address: errRate where there is none.
func (s *Server) mayJoin(r *http.Request, rep *replica.Replica, p event.Participant) (joined bool, err error) {
	if joined = knows(rep, p); !joined && !s.limits.allow(limitJoin, clientIP(r)) {
		return false, errRate
	}
	return joined, nil
}

// knows reports whether this node has folded that a participant joined.
func knows(rep *replica.Replica, p event.Participant) (joined bool) {
	rep.View(func(st *event.State) { joined = st.Joined(p) })
	return joined
}

func namesOn(rep *replica.Replica) (on bool) {
	rep.View(func(st *event.State) { on = st.Names() })
	return on
}

// putMe gives a participant a name of their own, where the host allows names.
func (s *Server) putMe(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	var in struct {
		Name string `json:"name"`
	}
	if err := decode(w, r, maxEntry, &in); err != nil {
		return err
	}
	if err := s.rename(r, rep, p, in.Name); err != nil {
		return err
	}
	var you event.You
	rep.View(func(st *event.State) { you = st.You(p) })
	return s.answer(w, http.StatusOK, map[string]string{"handle": you.Handle, "name": you.Name})
}

func (s *Server) rename(r *http.Request, rep *replica.Replica, p event.Participant, name string) error {
	name, err := event.Text("name", name)
	if err != nil {
		return err
	}
	if !namesOn(rep) {
		return newProblem(http.StatusConflict, "conflict", "Names are off", "In this event everybody has a generated name.")
	}
	if !s.limits.allowParticipant(s.entryLimit(), rep.Code(), p) {
		return errRate
	}
	_, err = rep.Enter(event.JoinItem(p, name))
	return err
}

// mayRetry reports whether the sender of an entry should send it again.
func mayRetry(err error) bool {
	var p *problem
	if errors.As(err, &p) {
		return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	}
	return !errors.Is(err, eventlog.ErrNotFound) && !errors.Is(err, replica.ErrDeleted)
}
