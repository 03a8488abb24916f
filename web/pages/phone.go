package pages

import (
	"net/http"
	"strconv"

	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/ui"
	"drumroll/web/view"
)

// visitor is the participant that a page is for: the cookie's, or a fresh one
// whose cookie is set.
func (s *Site) visitor(w http.ResponseWriter, r *http.Request, rep *replica.Replica) event.Participant {
	uid := session.UID(rep)
	name := session.ParticipantCookie + rep.Code()
	if p, ok := s.Sessions.ParseToken(uid, session.Cookie(r, name)); ok {
		return p
	}
	p := session.NewParticipant()
	s.Sessions.SetCookie(w, r, name, s.Sessions.Token(uid, p))
	return p
}

// PhonePage is a phone's page. It makes its visitor a participant.
func (s *Site) PhonePage(w http.ResponseWriter, r *http.Request) {
	if err := s.Valves.Arrivals.Admit(overload.PageCost, func() bool { return s.Sessions.OfHost(r) }); err != nil {
		s.comeAgain(w, r, err)
		return
	}
	s.Event(func(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
		return s.showPhone(w, r, rep, s.visitor(w, r, rep), http.StatusOK, "")
	})(w, r)
}

func (s *Site) showPhone(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant, status int, notice string) error {
	snap, _ := rep.OnAir()
	var you event.You
	rep.View(func(st *event.State) { you = st.You(p) })
	e, err := s.Views.Event(snap, "", s.Live.Connected(rep), rep.Now())
	if err != nil {
		return err
	}
	page := s.Views.EventPage(view.Phone, &snap)
	s.page(w, r, status, ui.PhonePage(ui.Phone{Page: page, Event: e, You: you, Notice: notice}))
	return nil
}

// PhonePost takes what a phone without JavaScript submits: an entry, or a name.
func (s *Site) PhonePost(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	p := s.visitor(w, r, rep)
	if err := s.submit(r, rep, p); err != nil {
		no := problem.Of(err)
		s.Problems.Note(r, no)
		no.Headers(w)
		return s.showPhone(w, r, rep, p, no.Status, "Not counted. "+no.Detail)
	}
	http.Redirect(w, r, "/"+rep.Code(), http.StatusSeeOther)
	return nil
}

func (s *Site) submit(r *http.Request, rep *replica.Replica, p event.Participant) error {
	if r.PostForm.Has("name") && !r.PostForm.Has("activity") {
		return s.Intake.Rename(r, rep, p, r.PostForm.Get("name"))
	}
	id, err := strconv.Atoi(r.PostForm.Get("activity"))
	if err != nil {
		return problem.InvalidEntry
	}
	a, err := session.LookTwice(r.Context(), rep, func(st *event.State) (event.Activity, error) {
		a, ok := st.Activity(id)
		if !ok {
			return a, problem.NoActivity
		}
		return a, nil
	})
	if err != nil {
		return err
	}
	e, err := kinds.Form(a.Kind, r.PostForm)
	if err != nil {
		return err
	}
	_, err = s.Intake.Enter(r, rep, p, e)
	return err
}
