package pages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/ui"
)

// visitor is the participant that a page is for: the cookie's, or a fresh one
// whose cookie is set.
func (s *Site) visitor(w http.ResponseWriter, r *http.Request, rep *replica.Replica) event.Participant {
	uid := session.UID(rep)
	name := session.ParticipantCookie + rep.Code()
	if p, ok := s.api.Sessions.ParseToken(uid, session.Cookie(r, name)); ok {
		return p
	}
	p := session.NewParticipant()
	s.api.Sessions.SetCookie(w, r, name, s.api.Sessions.Token(uid, p), session.CookieAge)
	return p
}

// PhonePage is a phone's page. It makes its visitor a participant.
func (s *Site) PhonePage(w http.ResponseWriter, r *http.Request) {
	if err := s.api.Valves.Arrivals.Admit(overload.PageCost, func() bool { return s.api.Sessions.OfHost(r) }); err != nil {
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
	m := s.views.Phone(snap, s.api.Live.Connected(rep), rep.Now())
	m.You, m.Notice = you, notice
	s.page(w, r, status, ui.PhonePage(m))
	return nil
}

// PhonePost takes what a phone without JavaScript submits: an entry, or a name.
func (s *Site) PhonePost(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	p := s.visitor(w, r, rep)
	if err := s.submit(r, rep, p); err != nil {
		no := s.api.Answers.Refuse(w, r, err)
		return s.showPhone(w, r, rep, p, no.Status, "Not counted. "+no.Detail)
	}
	http.Redirect(w, r, "/"+rep.Code(), http.StatusSeeOther)
	return nil
}

func (s *Site) submit(r *http.Request, rep *replica.Replica, p event.Participant) error {
	if r.PostForm.Has("name") && !r.PostForm.Has("activity") {
		return s.api.Intake.Rename(r, rep, p, r.PostForm.Get("name"))
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
	_, err = s.api.Intake.Enter(r, rep, p, e)
	return err
}

// ScreenPage is the projector.
func (s *Site) ScreenPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.OnAir()
	m, err := s.views.Screen(snap, s.api.Sessions.BaseURL(r), s.api.Live.Connected(rep), rep.Now())
	if err != nil {
		return err
	}
	s.page(w, r, http.StatusOK, ui.ScreenPage(m))
	return nil
}

// HostPage is the console, or asks for the host key.
func (s *Site) HostPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	key := session.Cookie(r, session.HostCookie+rep.Code())
	if !session.IsHost(rep, key) {
		s.showUnlock(w, r, rep, http.StatusOK, "")
		return nil
	}
	snap := s.api.Kinds.HostSnapshot(rep)
	base := s.api.Sessions.BaseURL(r)
	m, err := s.views.Host(snap, base, s.api.Live.Connected(rep), rep.Now())
	if err != nil {
		return err
	}
	m.Crowd = s.api.Live.CrowdModel(rep, &snap)
	if session.IsMainHost(rep, key) {
		m.HostURL = base + "/" + rep.Code() + "/host#" + key
		m.Rehearse = s.rehearsals.Form(r, snap)
	}
	s.page(w, r, http.StatusOK, ui.HostPage(m))
	return nil
}

func (s *Site) showUnlock(w http.ResponseWriter, r *http.Request, rep *replica.Replica, status int, why string) {
	snap, _ := rep.Snapshot()
	s.page(w, r, status, ui.UnlockPage(ui.Unlock{Page: s.views.EventPage("unlock", &snap, ""), Title: snap.Title, Error: why}))
}

// Unlock exchanges a host key, from the link's fragment or typed, for a cookie.
func (s *Site) Unlock(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	key := strings.TrimSpace(r.PostForm.Get("key"))
	// A whole link may have been pasted.
	if _, fragment, ok := strings.Cut(key, "#"); ok {
		key = fragment
	}
	if !session.IsHost(rep, key) {
		s.api.Answers.Note(r, problem.WrongHostKey)
		if !s.api.Valves.Limits.Allow(overload.WrongKeys, session.ClientIP(r)) {
			return problem.Rate
		}
		s.showUnlock(w, r, rep, http.StatusForbidden, "This is not the event's host key, or it was revoked.")
		return nil
	}
	s.api.Sessions.SetCookie(w, r, session.HostCookie+rep.Code(), key, session.CookieAge)
	http.Redirect(w, r, "/"+rep.Code()+"/host", http.StatusSeeOther)
	return nil
}

// VerifyPage lists the draws to check.
func (s *Site) VerifyPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	s.page(w, r, http.StatusOK, ui.VerifyPage(ui.Verify{
		Page: s.views.EventPage("verify", &snap, ""), Title: snap.Title, Draws: snap.Draws, Freezes: snap.Freezes,
	}))
	return nil
}

// QRCode draws where to join.
func (s *Site) QRCode(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	code, err := s.views.JoinQR(s.api.Sessions.BaseURL(r) + "/" + rep.Code())
	if err != nil {
		return err
	}
	n := strconv.Itoa(code.Size)
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" shape-rendering="crispEdges">`+
		`<rect width="%s" height="%s" fill="#fff"/><path d="%s" fill="#000"/></svg>`, n, n, n, n, code.Path)
	return nil
}
