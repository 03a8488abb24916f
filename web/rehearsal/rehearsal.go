// Package rehearsal makes rehearsals of events: a clone of its own for each, the crowd
// that is sent to it, and the self-test of a node.
package rehearsal

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/web/api"
	"drumroll/web/crowd"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/ui"
)

// simulatedPhones is how many come where the host does not say.
const simulatedPhones = 150

// cloneCookieAge, in seconds, outlives the clone, so that its console can say that
// it is over.
const cloneCookieAge = 2 * 24 * 3600

var (
	errNotMainHost = problem.New(http.StatusForbidden, "forbidden", "For the host link only", "A remote cannot rehearse. Open the event with its host link.")
	errNothingYet  = problem.New(http.StatusConflict, "conflict", "Nothing to rehearse", "Add an activity first.")
	errNoListener  = problem.New(http.StatusConflict, "conflict", "No rehearsals here", "This server does not know how to reach itself, so it cannot simulate phones.")
)

// Service makes rehearsals.
type Service struct {
	API    *api.Service
	Crowds *crowd.Crowds
	Health eventlog.Health

	making  sync.Mutex // one rehearsal is made at a time
	testing sync.Mutex // held while a self-test runs
}

// PostRehearsal makes a rehearsal of an event, in the place of an earlier one; of
// a rehearsal it makes a fuller one.
func (s *Service) PostRehearsal(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if !session.IsMainHost(rep, session.HostKey(r, rep.Code())) {
		return errNotMainHost
	}
	var in contract.Rehearse
	if err := problem.DecodeOptional(w, r, problem.MaxJSON, &in); err != nil {
		return err
	}
	if in.Phones == nil {
		n := min(simulatedPhones, s.Crowds.Most)
		in.Phones = &n
	}
	script, known := crowd.Pace(in.Pace).Script()
	switch {
	case s.Crowds.URL == "":
		return errNoListener
	case *in.Phones < 1 || *in.Phones > s.Crowds.Most:
		return problem.Invalid("phones must be 1 to %s.", humanize.Comma(int64(s.Crowds.Most)))
	case !known:
		return problem.Invalid("pace must be %q, %q or %q.", crowd.PaceCalm, crowd.PacePeople, crowd.PaceAtOnce)
	}
	snap, _ := rep.Snapshot()
	switch {
	case len(snap.Activities) == 0 && !snap.Rehearsal:
		return errNothingYet
	case !s.API.Valves.Limits.Allow(overload.Rehearsing, session.ClientIP(r)):
		return problem.Rate.In(overload.Rehearsing.Interval())
	}
	if snap.Rehearsal {
		if err := s.send(rep, *in.Phones, script); err != nil {
			return err
		}
		return s.GetRehearsal(w, r, rep)
	}
	c, err := s.rehearse(r, snap, *in.Phones, script)
	if err != nil {
		return err
	}
	s.API.Sessions.SetCookie(w, r, session.HostCookie+c.Code, c.HostKey, cloneCookieAge)
	w.Header().Set("Location", "/api/v1/events/"+c.Code)
	return s.API.Answers.JSON(w, http.StatusCreated, contract.NewRehearsal{Created: c, Phones: *in.Phones})
}

// rehearse makes the clone and sends it its crowd.
func (s *Service) rehearse(r *http.Request, of event.Snapshot, phones int, script rehearse.Script) (contract.Created, error) {
	s.making.Lock()
	defer s.making.Unlock()
	for code, uid := range s.clonesOf(r, of.Code) {
		s.Crowds.Discard(r.Context(), code, uid)
	}
	s.Crowds.Settle(r.Context(), crowd.Goes)
	key := session.NewHostKey()
	rep, err := s.clone(r.Context(), of, key)
	if err != nil {
		return contract.Created{}, err
	}
	if err := s.send(rep, phones, script); err != nil {
		s.Crowds.Discard(r.Context(), rep.Code(), session.UID(rep))
		return contract.Created{}, err
	}
	s.API.Answers.Logger.Info("rehearsal", "event", of.Code, "clone", rep.Code(), "phones", phones)
	return s.API.CreatedOf(r, rep.Code(), of.Title, key), nil
}

// send sends simulated phones to a clone, and its consoles the news.
func (s *Service) send(rep *replica.Replica, phones int, script rehearse.Script) error {
	snap, _ := rep.Snapshot()
	s.Crowds.Expire(snap)
	return s.Crowds.Send(snap.UID, phones, script, func() {
		if rep.Err() == nil {
			s.API.Live.Notify(rep)
		}
	})
}

// GetRehearsal tells what the crowd does.
func (s *Service) GetRehearsal(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	if !snap.Rehearsal {
		return crowd.NoRehearsal
	}
	return s.API.Answers.JSON(w, http.StatusOK, s.API.Live.Crowd(rep, &snap))
}

// DeleteRehearsal ends a rehearsal: the clone is deleted, its phones hear of it and
// go home.
func (s *Service) DeleteRehearsal(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	if !snap.Rehearsal {
		return crowd.NoRehearsal
	}
	if err := s.API.DeleteEvent(w, r, rep); err != nil {
		return err
	}
	s.Crowds.Forget(snap.UID)
	return nil
}

// Form is what the console needs to offer a rehearsal, or more phones.
func (s *Service) Form(r *http.Request, snap event.Snapshot) *ui.RehearseForm {
	if s.Crowds.URL == "" {
		return nil
	}
	form := &ui.RehearseForm{Phones: min(simulatedPhones, s.Crowds.Most), Most: s.Crowds.Most}
	if !snap.Rehearsal {
		for code := range s.clonesOf(r, snap.Code) {
			if session.Cookie(r, session.HostCookie+code) != "" {
				form.Present = code
			}
		}
	}
	return form
}

// clone makes a rehearsal of an event: an event of its own with the same title,
// activities and policy of names, all of them drafts. The event is read, and
// nothing is written to it.
func (s *Service) clone(ctx context.Context, of event.Snapshot, key string) (*replica.Replica, error) {
	var uid event.UID
	_, _ = rand.Read(uid[:]) // never fails (crypto/rand)
	c := event.Creation{Title: of.Title, Names: of.Names, Rehearsal: true, Of: of.Code, HostKey: session.HashKey(key), Ms: uint64(time.Now().UnixMilli())}
	if err := s.API.Register(ctx, uid, &c); err != nil {
		return nil, err
	}
	rep, err := s.API.Sessions.Replicas.Open(ctx, c.Code)
	if err == nil {
		err = copyActivities(ctx, rep, of, time.Now())
	}
	if err != nil {
		s.Crowds.Discard(context.WithoutCancel(ctx), c.Code, uid)
		return nil, fmt.Errorf("clone event %s: %w", of.Code, err)
	}
	return rep, nil
}

// copyActivities adds an event's activities in their running order. Their ids are
// others in the clone, so what names one is put in when all have theirs.
func copyActivities(ctx context.Context, rep *replica.Replica, of event.Snapshot, now time.Time) error {
	ids := map[int]int{} // in the clone, by those in the event
	for i := range of.Activities {
		spec := kinds.Alone(of.Activities[i].Spec, now.Add(crowd.Stays))
		settled, err := rep.Propose(ctx, &event.Command{Type: event.CmdAdd, Spec: &spec})
		if err != nil {
			return err
		}
		ids[of.Activities[i].ID] = settled.ID
	}
	for i := range of.Activities {
		a := &of.Activities[i]
		spec, named := kinds.Renumbered(a.Spec, ids)
		if !named {
			continue
		}
		if _, err := rep.Propose(ctx, &event.Command{Type: event.CmdEdit, Activity: ids[a.ID], Spec: &spec}); err != nil {
			return err
		}
	}
	return nil
}

// clonesOf are the rehearsals of an event that this node or the caller's browser
// knows.
func (s *Service) clonesOf(r *http.Request, code string) map[string]event.UID {
	found := map[string]event.UID{}
	note := func(rep *replica.Replica) {
		if snap, _ := rep.Snapshot(); snap.Rehearsal && snap.Of == code {
			found[snap.Code] = snap.UID
		}
	}
	s.API.Sessions.EachHosted(r, note)
	for _, known := range s.Crowds.ClonesOf(code) {
		if rep, err := s.API.Sessions.Replicas.Open(r.Context(), known); err == nil {
			note(rep)
		}
	}
	return found
}
