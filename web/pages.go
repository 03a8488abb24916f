package web

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5/middleware"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/ui"
)

// maxHosted bounds the events that the start page looks for, and hostedWait the
// time that it takes: a log that does not answer must not keep people from
// joining.
const (
	maxHosted  = 20
	hostedWait = 2 * time.Second
)

// clientIP is the address that limits count by. A trusted proxy that names none,
// or only trusted ones, is itself the client.
func clientIP(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// page answers with a whole page. It is rendered before the first byte is sent,
// so that an error can still become a 500.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		s.cfg.Logger.Error("render page", "route", route(r), "err", err)
		http.Error(w, "The page could not be made. Please reload.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	body := b.Bytes()
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = gzipped(body)
	}
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.cfg.Logger.Debug("page not taken", "err", err)
	}
}

func (s *Server) startPage(w http.ResponseWriter, r *http.Request) {
	m := ui.Start{Page: s.pageModel("start", "", ""), NeedKey: s.cfg.CreateKey != "", Hosted: s.hosted(r)}
	m.Page.BaseURL = s.baseURL(r)
	if typed := r.URL.Query().Get("code"); typed != "" {
		code, err := s.lookUp(r, typed)
		if err == nil {
			http.Redirect(w, r, "/"+code, http.StatusSeeOther)
			return
		}
		m.JoinCode = cut(typed, 40)
		p := toProblem(err)
		m.JoinError = p.Detail
		s.page(w, r, p.Status, ui.StartPage(m))
		return
	}
	s.page(w, r, http.StatusOK, ui.StartPage(m))
}

// lookUp takes a code as people type it, with spaces and dashes.
func (s *Server) lookUp(r *http.Request, typed string) (string, error) {
	code, ok := normalCode(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	if !ok {
		return "", newProblem(http.StatusNotFound, "unknown", "No such event", "A code has six letters and digits, as on the screen. There is no 0, O, 1, I or L in it.")
	}
	if _, err := s.cfg.Replicas.Open(r.Context(), code); err != nil {
		return "", err
	}
	return code, nil
}

// cut is the beginning of a text, of at most so many bytes, for showing it again.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// eachHosted visits the events whose host cookies the browser holds.
func (s *Server) eachHosted(r *http.Request, visit func(*replica.Replica)) {
	ctx, cancel := context.WithTimeout(r.Context(), hostedWait)
	defer cancel()
	tries := 0
	for _, c := range r.Cookies() {
		code, ok := strings.CutPrefix(c.Name, hostCookie)
		if !ok || tries == maxHosted {
			continue
		}
		if code, ok = normalCode(code); !ok {
			continue
		}
		tries++
		if rep, err := s.cfg.Replicas.Open(ctx, code); err == nil && isHost(rep, c.Value) {
			visit(rep)
		}
	}
}

// hosted lists the events that this browser hosts, rehearsals last.
func (s *Server) hosted(r *http.Request) (out []ui.Hosted) {
	s.eachHosted(r, func(rep *replica.Replica) {
		snap, _ := rep.Snapshot()
		out = append(out, ui.Hosted{Code: snap.Code, Title: snap.Title, Joined: snap.Joined, Activities: len(snap.Activities), Rehearsal: snap.Rehearsal})
	})
	place := func(h ui.Hosted) string { return strconv.FormatBool(h.Rehearsal) + h.Title + h.Code }
	slices.SortFunc(out, func(a, b ui.Hosted) int { return strings.Compare(place(a), place(b)) })
	return out
}

func (s *Server) startHosting(w http.ResponseWriter, r *http.Request) {
	if !s.form(w, r) {
		return
	}
	title := r.PostForm.Get("title")
	c, err := s.create(r, title, r.PostForm.Get("create_key"), false)
	if err != nil {
		p := toProblem(err)
		s.note(r, p)
		p.headers(w)
		m := ui.Start{Page: s.pageModel("start", "", ""), NeedKey: s.cfg.CreateKey != "", Hosted: s.hosted(r),
			HostError: p.Detail, EventTitle: cut(title, 1000)}
		m.Page.BaseURL = s.baseURL(r)
		s.page(w, r, p.Status, ui.StartPage(m))
		return
	}
	s.setCookie(w, r, hostCookie+c.Code, c.HostKey)
	http.Redirect(w, r, "/"+c.Code+"/host", http.StatusSeeOther)
}

// form reads a posted form; it has answered where it returns false.
func (s *Server) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var tooBig *http.MaxBytesError
		if !errors.As(err, &tooBig) {
			err = invalidInput("The form cannot be read.")
		}
		s.failPage(w, r, err)
		return false
	}
	return true
}

// visitor is the participant that a page is for: the cookie's, or a fresh one
// whose cookie is set.
func (s *Server) visitor(w http.ResponseWriter, r *http.Request, rep *replica.Replica) event.Participant {
	uid := uidOf(rep)
	name := participantCookie + rep.Code()
	if p, ok := s.parseToken(uid, cookie(r, name)); ok {
		return p
	}
	p := newParticipant()
	s.setCookie(w, r, name, s.token(uid, p))
	return p
}

func (s *Server) phonePage(w http.ResponseWriter, r *http.Request) {
	if err := s.newcomer(r, s.arrivals, pageCost); err != nil {
		s.comeAgain(w, r, err)
		return
	}
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	s.showPhone(w, r, rep, s.visitor(w, r, rep), http.StatusOK, "")
}

func (s *Server) showPhone(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant, status int, notice string) {
	snap, _ := rep.OnAir()
	var you event.You
	rep.View(func(st *event.State) { you = st.You(p) })
	e, err := s.eventModel(snap, "", s.room(rep).connected(), rep.Now())
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	page := s.eventPage(viewPhone, &snap)
	s.page(w, r, status, ui.PhonePage(ui.Phone{Page: page, Event: e, You: you, Notice: notice}))
}

// phonePost takes what a phone without JavaScript submits: an entry, or a name.
func (s *Server) phonePost(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	if !s.form(w, r) {
		return
	}
	p := s.visitor(w, r, rep)
	if r.PostForm.Has("name") && !r.PostForm.Has("activity") {
		err = s.rename(r, rep, p, r.PostForm.Get("name"))
	} else {
		var e *event.Entry
		if e, err = formEntry(r); err == nil {
			_, err = s.enter(r, rep, p, e)
		}
	}
	if err != nil {
		problem := toProblem(err)
		s.note(r, problem)
		problem.headers(w)
		s.showPhone(w, r, rep, p, problem.Status, "Not counted. "+problem.Detail)
		return
	}
	http.Redirect(w, r, "/"+rep.Code(), http.StatusSeeOther)
}

// formEntry reads the hidden and named fields of an activity's form.
func formEntry(r *http.Request) (*event.Entry, error) {
	var e event.Entry
	var err error
	if e.Activity, err = strconv.Atoi(r.PostForm.Get("activity")); err != nil {
		return nil, errInvalid
	}
	if run := r.PostForm.Get("run"); run != "" {
		if e.Run, err = strconv.Atoi(run); err != nil {
			return nil, errInvalid
		}
	}
	for _, c := range r.PostForm["choice"] {
		o, err := strconv.Atoi(c)
		if err != nil {
			return nil, errInvalid
		}
		e.Choice = append(e.Choice, o)
	}
	if v := r.PostForm.Get("value"); v != "" {
		value, err := strconv.Atoi(v)
		if err != nil {
			return nil, errInvalid
		}
		e.Value = &value
	}
	return &e, nil
}

func (s *Server) screenPage(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	snap, _ := rep.OnAir()
	base := s.baseURL(r)
	e, err := s.eventModel(snap, base, s.room(rep).connected(), rep.Now())
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	page := s.eventPage(viewScreen, &snap)
	page.BaseURL = base
	s.page(w, r, http.StatusOK, ui.ScreenPage(ui.Screen{Page: page, Event: e}))
}

func (s *Server) hostPage(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	key := cookie(r, hostCookie+rep.Code())
	if !isHost(rep, key) {
		s.showUnlock(w, r, rep, http.StatusOK, "")
		return
	}
	snap := s.hostSnapshot(rep)
	base := s.baseURL(r)
	m, err := s.hostModel(snap, base, s.room(rep).connected(), rep.Now())
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	m.Page, m.Crowd = s.eventPage(viewHost, &snap), s.room(rep).crowdModel(snap)
	m.Page.BaseURL = base
	if isMainHost(rep, key) {
		m.HostURL = base + "/" + rep.Code() + "/host#" + key
		m.Rehearse = s.rehearseForm(r, snap)
	}
	s.page(w, r, http.StatusOK, ui.HostPage(m))
}

func (s *Server) showUnlock(w http.ResponseWriter, r *http.Request, rep *replica.Replica, status int, problem string) {
	snap, _ := rep.Snapshot()
	s.page(w, r, status, ui.UnlockPage(ui.Unlock{Page: s.eventPage("unlock", &snap), Title: snap.Title, Error: problem}))
}

// unlock exchanges a host key, from the link's fragment or typed, for a cookie.
func (s *Server) unlock(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	if !s.form(w, r) {
		return
	}
	key := strings.TrimSpace(r.PostForm.Get("key"))
	// A whole link may have been pasted.
	if _, fragment, ok := strings.Cut(key, "#"); ok {
		key = fragment
	}
	if !isHost(rep, key) {
		s.note(r, errWrongHostKey)
		if !s.limits.allow(limitKeys, clientIP(r)) {
			s.failPage(w, r, errRate)
			return
		}
		s.showUnlock(w, r, rep, http.StatusForbidden, "This is not the event's host key, or it was revoked.")
		return
	}
	s.setCookie(w, r, hostCookie+rep.Code(), key)
	http.Redirect(w, r, "/"+rep.Code()+"/host", http.StatusSeeOther)
}

func (s *Server) verifyPage(w http.ResponseWriter, r *http.Request) {
	rep, err := s.event(r)
	if err != nil {
		s.failPage(w, r, err)
		return
	}
	snap, _ := rep.Snapshot()
	s.page(w, r, http.StatusOK, ui.VerifyPage(ui.Verify{
		Page: s.eventPage("verify", &snap), Title: snap.Title, Draws: snap.Draws, Freezes: snap.Freezes,
	}))
}

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(contract.Description())
	return nil
}
