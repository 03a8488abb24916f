package web

import (
	"net/http"
	"time"

	"github.com/dustin/go-humanize"

	"drumroll/internal/event"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/web/ui"
)

// simulatedPhones is how many come where the host does not say.
const simulatedPhones = 150

// cloneCookieAge, in seconds, outlives the clone, so that its console can say that
// it is over.
const cloneCookieAge = 2 * 24 * 3600

var (
	errNoRehearsal = newProblem(http.StatusNotFound, "unknown", "No rehearsal", "This event is no rehearsal. POST here makes one of it.")
	errNotMainHost = newProblem(http.StatusForbidden, "forbidden", "For the host link only", "A remote cannot rehearse. Open the event with its host link.")
	errNothingYet  = newProblem(http.StatusConflict, "conflict", "Nothing to rehearse", "Add a poll or a raffle first.")
	errNoListener  = newProblem(http.StatusConflict, "conflict", "No rehearsals here", "This server does not know how to reach itself, so it cannot simulate phones.")
)

// apiRehearsal is what a clone's host is told of its crowd.
type apiRehearsal struct {
	Of        string     `json:"of"` // code of the event that it rehearses
	State     string     `json:"state"`
	Phones    int        `json:"phones"`
	Connected int        `json:"connected"` // of the simulated phones at this node
	Accepted  int64      `json:"accepted"`
	Refused   int64      `json:"refused"`
	Retried   int64      `json:"retried"`
	PerSecond float64    `json:"entries_per_second"`
	P99MS     float64    `json:"latency_p99_ms"`
	Checks    int        `json:"checks"` // how many promises are watched
	Failed    []apiCheck `json:"failed"`
	LeavesMS  int64      `json:"leaves_in_ms"` // 0 where nobody is here
	Error     string     `json:"error,omitempty"`
}

type apiCheck struct {
	Name    string `json:"name"`
	Failed  int    `json:"failed"` // times
	Example string `json:"example"`
}

func rehearsalJSON(of string, c crowdState) apiRehearsal {
	out := apiRehearsal{
		Of: of, State: c.State, Phones: c.Phones, Connected: c.Connected, Accepted: c.Accepted, Refused: c.Refused, Retried: c.Retried,
		PerSecond: float64(int64(10*c.PerSecond+0.5)) / 10, P99MS: float64(c.P99.Microseconds()) / 1000,
		Checks: rehearse.Checks(), Failed: make([]apiCheck, len(c.Failed)),
	}
	for i, f := range c.Failed {
		out.Failed[i] = apiCheck{f.Name, f.Failed, f.Example}
	}
	if !c.Leaves.IsZero() {
		out.LeavesMS = max(0, time.Until(c.Leaves).Milliseconds())
	}
	if c.Err != nil {
		out.Error = c.Err.Error()
	}
	return out
}

// postRehearsal makes a rehearsal of an event, in the place of an earlier one; of
// a rehearsal it makes a fuller one.
func (s *Server) postRehearsal(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if !isMainHost(rep, hostKey(r, rep.Code())) {
		return errNotMainHost
	}
	var in struct {
		Phones *int `json:"phones"`
		Pace   pace `json:"pace"`
	}
	if r.ContentLength != 0 {
		if err := decode(w, r, maxJSON, &in); err != nil && !emptyBody(r, err) {
			return err
		}
	}
	if in.Phones == nil {
		n := min(simulatedPhones, s.crowds.most)
		in.Phones = &n
	}
	script, known := in.Pace.script()
	switch {
	case s.crowds.url == "":
		return errNoListener
	case *in.Phones < 1 || *in.Phones > s.crowds.most:
		return invalidInput("phones must be 1 to %s.", humanize.Comma(int64(s.crowds.most)))
	case !known:
		return invalidInput("pace must be %q, %q or %q.", paceCalm, pacePeople, paceAtOnce)
	}
	snap, _ := rep.Snapshot()
	switch {
	case len(snap.Activities) == 0 && !snap.Rehearsal:
		return errNothingYet
	case !s.limits.allow(limitRehearse, clientIP(r)):
		return errRate.in(time.Duration(float64(time.Second) / float64(limitRehearse.rate)))
	}
	if snap.Rehearsal {
		if err := s.send(rep, *in.Phones, script); err != nil {
			return err
		}
		return s.getRehearsal(w, r, rep)
	}
	c, err := s.rehearse(r, snap, *in.Phones, script)
	if err != nil {
		return err
	}
	s.setCookieFor(w, r, hostCookie+c.Code, c.HostKey, cloneCookieAge)
	w.Header().Set("Location", "/api/v1/events/"+c.Code)
	return s.answer(w, http.StatusCreated, struct {
		created
		Phones int `json:"phones"`
	}{c, *in.Phones})
}

// rehearse makes the clone and sends it its crowd.
func (s *Server) rehearse(r *http.Request, of event.Snapshot, phones int, script rehearse.Script) (created, error) {
	s.crowds.making.Lock()
	defer s.crowds.making.Unlock()
	for code, uid := range s.clonesOf(r, of.Code) {
		s.discard(r.Context(), code, uid)
	}
	s.crowds.settle(r.Context(), crowdGoes)
	key := newHostKey()
	rep, err := s.clone(r.Context(), of, key)
	if err != nil {
		return created{}, err
	}
	if err := s.send(rep, phones, script); err != nil {
		s.discard(r.Context(), rep.Code(), uidOf(rep))
		return created{}, err
	}
	s.cfg.Logger.Info("rehearsal", "event", of.Code, "clone", rep.Code(), "phones", phones)
	return s.createdOf(r, rep.Code(), of.Title, key), nil
}

// send sends simulated phones to a clone, and its consoles the news.
func (s *Server) send(rep *replica.Replica, phones int, script rehearse.Script) error {
	snap, _ := rep.Snapshot()
	s.mind(snap)
	return s.crowds.send(snap.UID, phones, script, func() {
		if rep.Err() == nil {
			s.room(rep).topic.Notify(true)
		}
	})
}

func (s *Server) getRehearsal(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	if !snap.Rehearsal {
		return errNoRehearsal
	}
	return s.answer(w, http.StatusOK, rehearsalJSON(snap.Of, s.room(rep).crowd(snap.UID)))
}

// deleteRehearsal ends a rehearsal: the clone is deleted, its phones hear of it and
// go home.
func (s *Server) deleteRehearsal(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	if !snap.Rehearsal {
		return errNoRehearsal
	}
	if err := s.deleteEvent(w, r, rep); err != nil {
		return err
	}
	s.crowds.forget(snap.UID)
	return nil
}

// crowd is the state of a clone's crowd as far as this node can tell.
func (r *room) crowd(uid event.UID) crowdState {
	c := r.s.crowds.state(uid)
	if c.State == crowdNone && r.elsewhere.Load() > 0 {
		c.State = crowdElsewhere
	}
	return c
}

// crowdModel is what the console says of it; nil of an event that is for real.
func (r *room) crowdModel(snap event.Snapshot) *ui.Crowd {
	if !snap.Rehearsal {
		return nil
	}
	c := r.crowd(snap.UID)
	out := &ui.Crowd{
		Of: snap.Of, State: c.State, Phones: c.Phones, Connected: c.Connected, Accepted: int(c.Accepted),
		PerSecond: int(c.PerSecond + 0.5), P99MS: int((c.P99 + time.Millisecond - 1) / time.Millisecond), Checks: rehearse.Checks(),
	}
	for _, f := range c.Failed {
		out.Failed = append(out.Failed, f.Name)
	}
	if !c.Leaves.IsZero() {
		out.LeavesMS = max(0, time.Until(c.Leaves).Milliseconds())
	}
	if c.Err != nil {
		out.Error = sentence(c.Err.Error())
	}
	return out
}

// rehearseForm is what the console needs to offer a rehearsal, or more phones.
func (s *Server) rehearseForm(r *http.Request, snap event.Snapshot) *ui.RehearseForm {
	if s.crowds.url == "" {
		return nil
	}
	form := &ui.RehearseForm{Phones: min(simulatedPhones, s.crowds.most), Most: s.crowds.most}
	if !snap.Rehearsal {
		for code := range s.clonesOf(r, snap.Code) {
			if cookie(r, hostCookie+code) != "" {
				form.Present = code
			}
		}
	}
	return form
}
