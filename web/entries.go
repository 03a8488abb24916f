package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
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

// entry is what a phone submits, over HTTP or the socket.
type entry struct {
	Activity int    `json:"activity"`
	Choice   []int  `json:"choice"`
	Run      int    `json:"run"`
	N        uint32 `json:"n"`
	Nonce    string `json:"nonce"` // 16 bytes in base64url that the phone chose, for a raffle's ticket
}

// admit turns an entry into an item for the log. What is malformed is refused at
// once (errInvalid); what the state forbids (errClosed) only after this node has
// folded to the log's head as of now.
func admit(ctx context.Context, rep *replica.Replica, p event.Participant, e *entry) (event.Item, error) {
	if e.Activity < 1 || e.Run < 0 {
		return event.Item{}, errInvalid
	}
	var choice event.Choice
	for _, o := range e.Choice {
		if !choice.Add(o) {
			return event.Item{}, errInvalid
		}
	}
	gate, err := openRun(ctx, rep, e)
	if err != nil {
		return event.Item{}, err
	}
	it := event.Item{Kind: event.Vote, Participant: p, Activity: e.Activity, Run: gate.Run, N: e.N, Choice: choice}
	if gate.Kind == event.Poll {
		if !gate.Allows(choice) {
			return event.Item{}, errInvalid
		}
		return it, nil
	}
	if choice != 0 {
		return event.Item{}, errInvalid
	}
	it.Kind = event.Ticket
	_, _ = rand.Read(it.Pseudonym[:]) // never fails (crypto/rand)
	if e.Nonce == "" {
		it.NonceByServer = true
		_, _ = rand.Read(it.Nonce[:])
	} else if n, err := base64.RawURLEncoding.Decode(it.Nonce[:], nonceBytes(e.Nonce)); err != nil || n != len(it.Nonce) {
		return event.Item{}, errInvalid
	}
	return it, nil
}

// nonceBytes cuts what would not fit 16 bytes in any case, so that decoding
// never runs past its destination.
func nonceBytes(s string) []byte {
	if len(s) != base64.RawURLEncoding.EncodedLen(16) {
		return []byte("!")
	}
	return []byte(s)
}

// openRun finds the open run that an entry is for.
func openRun(ctx context.Context, rep *replica.Replica, e *entry) (event.Gate, error) {
	return lookTwice(ctx, rep, func(st *event.State) (event.Gate, error) {
		gate, ok := st.Gate(e.Activity)
		switch {
		case !ok:
			return gate, errInvalid
		case gate.State != event.Open, e.Run != 0 && e.Run != gate.Run:
			return gate, errClosed
		}
		return gate, nil
	})
}

// lookTwice looks at the state, and where that finds an error, once more when this
// node has folded to the log's head as of now: another node may know better.
func lookTwice[T any](ctx context.Context, rep *replica.Replica, look func(*event.State) (T, error)) (found T, err error) {
	rep.View(func(st *event.State) { found, err = look(st) })
	if err == nil {
		return found, nil
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	if err := rep.Sync(ctx); err != nil {
		return found, err
	}
	rep.View(func(st *event.State) { found, err = look(st) })
	return found, err
}

// outcomeError is the error that an outcome is for an HTTP caller, or nil.
func outcomeError(o event.Outcome) error {
	switch o.Status {
	case event.TooLate:
		return errClosed
	case event.Malformed:
		return errInvalid
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
func (room *entryRoom) read(w http.ResponseWriter, r *http.Request) (*entry, error) {
	if n := r.ContentLength; n < 1 || n > int64(len(room.body)) {
		e := new(entry)
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
		return &room.frame.entry, nil
	}
	e := new(entry)
	return e, decodeFrom(bytes.NewReader(body), e)
}

// enter submits an entry that came over HTTP and waits for the fold.
func (s *Server) enter(r *http.Request, rep *replica.Replica, p event.Participant, e *entry) (replica.Settled, error) {
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
	return settled, outcomeError(settled.Outcome)
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
	if _, err := rep.Enter(event.Item{Kind: event.Join, Participant: p, Name: in.Name}); err != nil {
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
	_, err = rep.Enter(event.Item{Kind: event.Join, Participant: p, Name: name})
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
