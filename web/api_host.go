package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
)

type created struct {
	Code      string `json:"code"`
	Title     string `json:"title"`
	HostKey   string `json:"host_key"`
	JoinURL   string `json:"join_url"`
	ScreenURL string `json:"screen_url"`
	HostURL   string `json:"host_url"`
}

func (s *Server) createEvent(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Title     string `json:"title"`
		CreateKey string `json:"create_key"`
		Names     bool   `json:"names"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	c, err := s.create(r, in.Title, in.CreateKey, in.Names)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/events/"+c.Code)
	return s.answer(w, http.StatusCreated, c)
}

// create makes an event under a fresh code.
func (s *Server) create(r *http.Request, title, createKey string, names bool) (created, error) {
	if s.cfg.CreateKey != "" {
		given := hashKey(createKey)
		if subtle.ConstantTimeCompare(given[:], s.createKey[:]) != 1 {
			if !s.limits.allow(limitKeys, clientIP(r)) {
				return created{}, errRate
			}
			return created{}, errCreateKey
		}
	}
	title, err := event.Text("title", title)
	if err != nil {
		return created{}, err
	}
	if !s.limits.allow(limitCreate, clientIP(r)) {
		return created{}, errRate
	}
	key := newHostKey()
	var uid event.UID
	_, _ = rand.Read(uid[:])
	c := event.Creation{Title: title, Names: names, HostKey: hashKey(key), Ms: uint64(time.Now().UnixMilli())}
	if err := s.register(r.Context(), uid, &c); err != nil {
		return created{}, err
	}
	s.cfg.Logger.Info("event created", "event", c.Code)
	return s.createdOf(r, c.Code, title, key), nil
}

// register makes the event's log under a fresh code, which it puts into c.
func (s *Server) register(ctx context.Context, uid event.UID, c *event.Creation) error {
	for range 10 {
		c.Code = newCode()
		if err := s.cfg.Replicas.Create(ctx, uid, *c); !errors.Is(err, eventlog.ErrExists) {
			return err
		}
	}
	return fmt.Errorf("no free code found")
}

func (s *Server) createdOf(r *http.Request, code, title, key string) created {
	base := s.baseURL(r) + "/" + code
	return created{
		Code: code, Title: title, HostKey: key,
		JoinURL: base, ScreenURL: base + "/screen", HostURL: base + "/host#" + key,
	}
}

// newCode draws a code; one that a route of our own would shadow is drawn again.
func newCode() string {
	for {
		var b [codeLength]byte
		for i := range b {
			n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(codeAlphabet)))) // never fails (crypto/rand)
			b[i] = codeAlphabet[n.Int64()]
		}
		if code := string(b[:]); code != "READYZ" {
			return code
		}
	}
}

func (s *Server) getEvent(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	// A host's credential shows all; a wrong one is an error, not a stranger's view.
	// A page whose socket was refused asks here, too, whether its cookie still holds.
	host := isHost(rep, hostKey(r, rep.Code()))
	if token := bearer(r); token != "" {
		if !host && !s.isParticipant(rep, token) {
			return errWrongToken
		}
		return s.answerEvent(w, rep, host)
	}
	token := cookie(r, participantCookie+rep.Code())
	switch {
	case host, token != "" && s.isParticipant(rep, token):
	case token != "":
		return errWrongToken
	case cookie(r, hostCookie+rep.Code()) != "":
		return errWrongHostKey
	}
	return s.answerEvent(w, rep, host)
}

func (s *Server) answerEvent(w http.ResponseWriter, rep *replica.Replica, host bool) error {
	connected, now := s.room(rep).connected(), rep.Now()
	if host {
		return s.answer(w, http.StatusOK, s.hostEventJSON(s.hostSnapshot(rep), connected, now))
	}
	return s.answer(w, http.StatusOK, eventJSON(rep.Public(), connected, now))
}

// propose sends a command through the log and answers with the activity that it
// names, as the fold left it.
func (s *Server) propose(w http.ResponseWriter, r *http.Request, rep *replica.Replica, status int, c *event.Command) error {
	settled, err := rep.Propose(r.Context(), c)
	if err != nil {
		return refused(err, settled, rep)
	}
	if settled.Activity == nil {
		return s.answerEvent(w, rep, true)
	}
	a := s.withCode(uidOf(rep), *settled.Activity)
	return s.answer(w, status, activityJSON(&a, rep.Now()))
}

// refused adds to a conflict the activity as it truly is.
func refused(err error, settled replica.Settled, rep *replica.Replica) error {
	var refusal *event.Refusal
	if !errors.As(err, &refusal) || settled.Activity == nil {
		return err
	}
	p := toProblem(err)
	a := activityJSON(settled.Activity, rep.Now())
	p.Activity = &a
	return p
}

func (s *Server) patchEvent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in struct {
		Title *string `json:"title"`
		Names *bool   `json:"names"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	if in.Title != nil {
		title, err := event.Text("title", *in.Title)
		if err != nil {
			return err
		}
		in.Title = &title
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdSettings, Title: in.Title, Names: in.Names})
}

func (s *Server) deleteEvent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := s.cfg.Replicas.Delete(r.Context(), rep); err != nil {
		return err
	}
	s.cfg.Logger.Info("event deleted", "event", rep.Code())
	dropCookie(w, hostCookie+rep.Code())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type specIn struct {
	Kind       *string  `json:"kind"`
	Title      *string  `json:"title"`
	Options    []string `json:"options"`
	MaxChoices *int     `json:"max_choices"`
	Results    *string  `json:"results"`
	scaleIn
	raffleIn
}

// onto lays what was given over a spec.
func (in specIn) onto(spec event.Spec) event.Spec {
	if in.Kind != nil {
		spec.Kind = *in.Kind
	}
	if in.Title != nil {
		spec.Title = *in.Title
	}
	if in.Options != nil || in.MaxChoices != nil {
		poll := event.PollSpec{}
		if spec.Poll != nil {
			poll = *spec.Poll
		}
		if in.Options != nil {
			poll.Options = in.Options
		}
		if in.MaxChoices != nil {
			poll.MaxChoices = *in.MaxChoices
		} else {
			poll.MaxChoices = min(poll.MaxChoices, len(poll.Options))
		}
		spec.Poll = &poll
	}
	if in.Results != nil {
		spec.Results = *in.Results
	}
	return in.raffleIn.onto(in.scaleIn.onto(spec))
}

// scaleIn is what a host may say of a scale alone.
type scaleIn struct {
	Min    *int     `json:"min"`
	Max    *int     `json:"max"`
	Labels []string `json:"labels"`
}

// onto lays what was given over a spec.
func (in scaleIn) onto(spec event.Spec) event.Spec {
	if in.Min == nil && in.Max == nil && in.Labels == nil {
		return spec
	}
	scale := event.ScaleSpec{Min: 1, Max: 5}
	if spec.Scale != nil {
		scale = *spec.Scale
	}
	if in.Min != nil {
		scale.Min = *in.Min
	}
	if in.Max != nil {
		scale.Max = *in.Max
	}
	if in.Labels != nil {
		scale.Labels = in.Labels
	}
	spec.Scale = &scale
	return spec
}

func (s *Server) addActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in specIn
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	spec := in.onto(event.Spec{})
	if err := spec.Normalize(); err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusCreated, &event.Command{Type: event.CmdAdd, Spec: &spec})
}

// activity finds the activity that the path names.
func activity(r *http.Request, rep *replica.Replica) (event.Activity, error) {
	id, err := number(r, "id")
	if err != nil {
		return event.Activity{}, err
	}
	snap, _ := rep.Snapshot()
	at := slices.IndexFunc(snap.Activities, func(a event.Activity) bool { return a.ID == id })
	if at < 0 {
		return event.Activity{}, newProblem(http.StatusNotFound, "unknown", "No such activity", "The event has no activity with this id; it may have been deleted.")
	}
	return snap.Activities[at], nil
}

func (s *Server) patchActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	var in specIn
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	spec := in.onto(a.Spec)
	if err := spec.Normalize(); err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdEdit, Activity: a.ID, Spec: &spec})
}

func (s *Server) deleteActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	settled, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdRemove, Activity: a.ID})
	if err != nil {
		return refused(err, settled, rep)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) putResults(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	var in struct {
		Results string `json:"results"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	if in.Results != event.Live && in.Results != event.Hidden {
		return invalidInput("results must be %q or %q.", event.Live, event.Hidden)
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdResults, Activity: a.ID, Results: in.Results})
}

func (s *Server) postVerb(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	var in struct {
		Seconds *int   `json:"seconds"`
		Draw    int    `json:"draw"`
		Winner  string `json:"winner"`
		Reason  string `json:"reason"`
	}
	if r.ContentLength != 0 {
		// Verbs without details may come without a body.
		if err := decode(w, r, maxJSON, &in); err != nil && !emptyBody(r, err) {
			return err
		}
	}
	c := &event.Command{Type: chi.URLParam(r, "verb"), Activity: a.ID}
	switch c.Type {
	case event.CmdOpen, event.CmdExtend:
		if in.Seconds != nil {
			c.Seconds = *in.Seconds
		}
		if given := in.Seconds != nil || c.Type == event.CmdExtend; given && (c.Seconds < 1 || c.Seconds > event.MaxSeconds) {
			return invalidInput("seconds must be 1 to %d.", event.MaxSeconds)
		}
		if a.Kind == event.Raffle && c.Type == event.CmdOpen {
			s.commit(rep, c)
			if a.Raffle.Beacon || s.cfg.BeaconAlways {
				c.Chain = &s.cfg.Beacon.Chain
			}
		}
	case event.CmdClose, event.CmdReveal, event.CmdReset, event.CmdAbandon:
	case event.CmdConfirm:
		if _, err := fairdraw.ParseTicket(in.Winner); err != nil {
			return invalidInput("winner must be the ticket of a winner.")
		}
		c.Ticket = in.Winner
	case event.CmdRedraw, event.CmdVoid:
		c.Reason, err = event.Text("reason", in.Reason)
		ticket, bad := fairdraw.ParseTicket(in.Winner)
		switch {
		case a.State != event.Drawn: // the verb itself is what is wrong: the fold says so
		case err != nil:
			return err
		case bad != nil:
			return invalidInput("winner must be the ticket of a winner.")
		}
		c.Void = ticket.String()
		if c.Type == event.CmdVoid {
			break
		}
		fallthrough
	case event.CmdDraw:
		// The list of a large crowd takes a moment; the fold should not wait for it.
		var frozen func()
		rep.View(func(st *event.State) { frozen = st.Frozen(a.ID) })
		frozen()
		if in.Draw < 0 {
			return invalidInput("draw must be the number that the draw will have.")
		}
		c.Draw = in.Draw
		if a.Raffle != nil && a.Raffle.Chain != "" {
			// It waits for a round of the beacon; the seed comes with that.
			c.Type, c.Run = event.CmdArm, a.Run
		} else if a.Kind == event.Raffle {
			s.seed(rep, c)
		}
	default:
		return newProblem(http.StatusNotFound, "unknown", "No such verb", "Verbs are open, extend, close, reveal, reset, draw, redraw, void, confirm and abandon.")
	}
	return s.propose(w, r, rep, http.StatusOK, c)
}

// emptyBody reports whether decoding failed for want of a chunked body's content.
func emptyBody(r *http.Request, err error) bool {
	return r.ContentLength < 0 && errors.Is(err, errEmptyBody)
}

// commit puts the end of the run's seed chain into a raffle's open.
func (s *Server) commit(rep *replica.Replica, c *event.Command) {
	chain, run, _ := s.chain(rep, c.Activity)
	commitment := chain.Element(0)
	c.Run, c.Commitment = run, &commitment
}

// seed puts the next chain element into a draw.
func (s *Server) seed(rep *replica.Replica, c *event.Command) {
	chain, run, element := s.chain(rep, c.Activity)
	c.Run = run
	if element <= fairdraw.ChainLength {
		seed := chain.Element(element)
		c.Seed = &seed
	}
}

func (s *Server) chain(rep *replica.Replica, id int) (chain *fairdraw.Chain, run, element int) {
	var uid event.UID
	rep.View(func(st *event.State) {
		uid = st.UID()
		run, element, _ = st.DrawSeed(id)
	})
	return fairdraw.NewChain(s.cfg.SigningKey, uid, uint64(id), uint64(run)), run, element
}

func (s *Server) putOrder(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in struct {
		Activities []int `json:"activities"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	if in.Activities == nil {
		return invalidInput("activities must list the ids of all activities in their new order.")
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdOrder, Order: in.Activities})
}

func (s *Server) postCurrent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in struct {
		ID *int `json:"id"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	c := &event.Command{Type: event.CmdCurrent}
	if in.ID != nil {
		if *in.ID < 1 {
			return errNotFound
		}
		c.Activity = *in.ID
	}
	if _, err := rep.Propose(r.Context(), c); err != nil {
		return err
	}
	return s.answerEvent(w, rep, true)
}

func (s *Server) addRemote(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in struct {
		Label string `json:"label"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	label, err := event.Text("label", in.Label)
	if err != nil {
		return err
	}
	key := newHostKey()
	hash := hashKey(key)
	settled, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdRemote, Label: label, Hash: &hash})
	if err != nil {
		return err
	}
	link := s.baseURL(r) + "/" + rep.Code() + "/host#" + key
	// Not in upper case: the key's case counts.
	code, err := qrCode(link)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusCreated, map[string]any{
		"id": settled.ID, "label": label, "key": key, "url": link,
		"qr": map[string]any{"size": code.Size, "path": code.Path},
	})
}

func (s *Server) revokeRemote(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	if _, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdRevoke, Remote: id}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) putPerson(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	person, err := event.ParseParticipant(chi.URLParam(r, "person"))
	if err != nil {
		return errNotFound
	}
	var in struct {
		Hidden *bool `json:"hidden"`
	}
	if err := decode(w, r, maxJSON, &in); err != nil {
		return err
	}
	if in.Hidden == nil {
		return invalidInput("hidden must be true or false.")
	}
	if _, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdHide, Person: person, Hidden: *in.Hidden}); err != nil {
		return err
	}
	return s.answerEvent(w, rep, true)
}
