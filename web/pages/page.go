package pages

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"drumroll/internal/replica"
	"drumroll/web/api"
	"drumroll/web/problem"
	"drumroll/web/rehearsal"
	"drumroll/web/ui"
	"drumroll/web/view"
)

// Site serves pages. Use New.
type Site struct {
	api        *api.Service
	views      *view.Maker
	rehearsals *rehearsal.Service
	busyPage   func() []byte
}

// New returns a Site.
func New(a *api.Service, views *view.Maker, rehearsals *rehearsal.Service) *Site {
	s := &Site{api: a, views: views, rehearsals: rehearsals}
	s.busyPage = sync.OnceValue(s.renderBusy)
	return s
}

// Event is a handler for pages of the event that the path names.
func (s *Site) Event(h func(http.ResponseWriter, *http.Request, *replica.Replica) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rep, err := s.api.Sessions.Event(r)
		if err == nil {
			err = h(w, r, rep)
		}
		if err != nil {
			s.FailPage(w, r, err)
		}
	}
}

// page answers with a whole page. It is rendered before the first byte is sent,
// so that an error can still become a 500.
func (s *Site) page(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		s.api.Answers.Logger.Error("render page", "route", problem.Route(r), "err", err)
		http.Error(w, "The page could not be made. Please reload.", http.StatusInternalServerError)
		return
	}
	body := b.Bytes()
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = gzipped(body)
	}
	w.Header().Set("Vary", "Accept-Encoding")
	s.write(w, status, body)
}

func (s *Site) write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	s.api.Answers.Write(w, body)
}

// comeAgain refuses a page for load: a small one, made once, that the browser
// loads again by itself.
func (s *Site) comeAgain(w http.ResponseWriter, r *http.Request, err error) {
	p := s.api.Answers.Refuse(w, r, err)
	w.Header().Set("Refresh", w.Header().Get("Retry-After"))
	s.write(w, p.Status, s.busyPage())
}

func (s *Site) renderBusy() []byte {
	var b bytes.Buffer
	page := s.errorPage(problem.Arrivals, "Too many phones are joining at once. This page tries again by itself in a few seconds.")
	if err := page.Render(context.Background(), &b); err != nil {
		s.api.Answers.Logger.Error("render page", "err", err)
		return []byte(problem.Arrivals.Title)
	}
	return b.Bytes()
}

// FailPage answers with a page for people.
func (s *Site) FailPage(w http.ResponseWriter, r *http.Request, err error) {
	p := s.api.Answers.Refuse(w, r, err)
	if p.Status == http.StatusServiceUnavailable && r.Method == http.MethodGet {
		w.Header().Set("Refresh", w.Header().Get("Retry-After"))
	}
	s.page(w, r, p.Status, s.errorPage(p, p.Detail))
}

func (s *Site) errorPage(p *problem.Problem, detail string) templ.Component {
	return ui.ErrorPage(ui.Problem{Page: s.views.Page("error", p.Title, ""), Status: p.Status, Title: p.Title, Detail: detail})
}

var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for unknown levels only
	return w
}}

// gzipped compresses a page.
func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzipWriters.Get().(*gzip.Writer)
	w.Reset(&out)
	_, _ = w.Write(b) // a bytes.Buffer never fails
	_ = w.Close()
	gzipWriters.Put(w)
	return out.Bytes()
}
