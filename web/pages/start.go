package pages

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"drumroll/internal/contract"
	"drumroll/internal/replica"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/ui"
)

const maxForm = 16 << 10 // bytes

// StartPage is where people join by a code, or host an event.
func (s *Site) StartPage(w http.ResponseWriter, r *http.Request) {
	m := s.start(r)
	status := http.StatusOK
	if typed := r.URL.Query().Get("code"); typed != "" {
		code, err := s.lookUp(r, typed)
		if err == nil {
			http.Redirect(w, r, "/"+code, http.StatusSeeOther)
			return
		}
		p := problem.Of(err)
		status, m.JoinCode, m.JoinError = p.Status, cut(typed, 40), p.Detail
	}
	s.page(w, r, status, ui.StartPage(m))
}

func (s *Site) start(r *http.Request) ui.Start {
	m := ui.Start{Page: s.views.Page("start", "", ""), NeedKey: s.api.CreateKey != "", Hosted: s.hosted(r)}
	m.Page.BaseURL = s.api.Sessions.BaseURL(r)
	return m
}

// lookUp takes a code as people type it, with spaces and dashes.
func (s *Site) lookUp(r *http.Request, typed string) (string, error) {
	code, ok := session.NormalCode(strings.NewReplacer(" ", "", "-", "").Replace(typed))
	if !ok {
		return "", problem.New(http.StatusNotFound, "unknown", "No such event", "A code has six letters and digits, as on the screen. There is no 0, O, 1, I or L in it.")
	}
	if _, err := s.api.Sessions.Replicas.Open(r.Context(), code); err != nil {
		return "", err
	}
	return code, nil
}

// cut is the beginning of a text, of at most so many bytes, for showing it again.
func cut(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// hosted lists the events that this browser hosts, rehearsals last.
func (s *Site) hosted(r *http.Request) (out []ui.Hosted) {
	s.api.Sessions.EachHosted(r, func(rep *replica.Replica) {
		snap, _ := rep.Snapshot()
		out = append(out, ui.Hosted{Code: snap.Code, Title: snap.Title, Joined: snap.Joined, Activities: len(snap.Activities), Rehearsal: snap.Rehearsal})
	})
	place := func(h ui.Hosted) string { return strconv.FormatBool(h.Rehearsal) + h.Title + h.Code }
	slices.SortFunc(out, func(a, b ui.Hosted) int { return strings.Compare(place(a), place(b)) })
	return out
}

// StartHosting makes an event.
func (s *Site) StartHosting(w http.ResponseWriter, r *http.Request) {
	if err := readForm(w, r); err != nil {
		s.FailPage(w, r, err)
		return
	}
	title := r.PostForm.Get("title")
	c, err := s.api.Create(r, &contract.CreateEvent{Title: title, CreateKey: r.PostForm.Get("create_key")})
	if err != nil {
		p := s.api.Answers.Refuse(w, r, err)
		m := s.start(r)
		m.HostError, m.EventTitle = p.Detail, cut(title, 1000)
		s.page(w, r, p.Status, ui.StartPage(m))
		return
	}
	s.api.Sessions.SetCookie(w, r, session.HostCookie+c.Code, c.HostKey, session.CookieAge)
	http.Redirect(w, r, "/"+c.Code+"/host", http.StatusSeeOther)
}

// readForm reads a posted form.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	err := r.ParseForm()
	var tooBig *http.MaxBytesError
	if err != nil && !errors.As(err, &tooBig) {
		return problem.Invalid("The form cannot be read.")
	}
	return err
}
