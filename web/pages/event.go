package pages

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"drumroll/internal/replica"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/ui"
	"drumroll/web/view"
)

// ScreenPage is the projector.
func (s *Site) ScreenPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.OnAir()
	base := s.Sessions.BaseURL(r)
	e, err := s.Views.Event(snap, base, s.Live.Connected(rep), rep.Now())
	if err != nil {
		return err
	}
	page := s.Views.EventPage(view.Screen, &snap)
	page.BaseURL = base
	s.page(w, r, http.StatusOK, ui.ScreenPage(ui.Screen{Page: page, Event: e}))
	return nil
}

// HostPage is the console, or asks for the host key.
func (s *Site) HostPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	key := session.Cookie(r, session.HostCookie+rep.Code())
	if !session.IsHost(rep, key) {
		s.showUnlock(w, r, rep, http.StatusOK, "")
		return nil
	}
	snap := s.Kinds.HostSnapshot(rep)
	base := s.Sessions.BaseURL(r)
	m, err := s.Views.Host(snap, base, s.Live.Connected(rep), rep.Now())
	if err != nil {
		return err
	}
	m.Page, m.Crowd = s.Views.EventPage(view.Host, &snap), s.Live.CrowdModel(rep, snap)
	m.Page.BaseURL = base
	if session.IsMainHost(rep, key) {
		m.HostURL = base + "/" + rep.Code() + "/host#" + key
		m.Rehearse = s.Rehearsals.Form(r, snap)
	}
	s.page(w, r, http.StatusOK, ui.HostPage(m))
	return nil
}

func (s *Site) showUnlock(w http.ResponseWriter, r *http.Request, rep *replica.Replica, status int, why string) {
	snap, _ := rep.Snapshot()
	s.page(w, r, status, ui.UnlockPage(ui.Unlock{Page: s.Views.EventPage("unlock", &snap), Title: snap.Title, Error: why}))
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
		s.Problems.Note(r, problem.WrongHostKey)
		if !s.Valves.Limits.Allow(overload.WrongKeys, session.ClientIP(r)) {
			return problem.Rate
		}
		s.showUnlock(w, r, rep, http.StatusForbidden, "This is not the event's host key, or it was revoked.")
		return nil
	}
	s.Sessions.SetCookie(w, r, session.HostCookie+rep.Code(), key)
	http.Redirect(w, r, "/"+rep.Code()+"/host", http.StatusSeeOther)
	return nil
}

// VerifyPage lists the draws to check.
func (s *Site) VerifyPage(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	s.page(w, r, http.StatusOK, ui.VerifyPage(ui.Verify{
		Page: s.Views.EventPage("verify", &snap), Title: snap.Title, Draws: snap.Draws, Freezes: snap.Freezes,
	}))
	return nil
}

// QRCode draws where to join.
func (s *Site) QRCode(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	code, err := s.Views.JoinQR(s.Sessions.BaseURL(r) + "/" + rep.Code())
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
