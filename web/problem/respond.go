package problem

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/metrics"
)

// Responder answers with problems, and counts and logs them.
type Responder struct {
	Logger  *slog.Logger
	Metrics *metrics.Node

	failures throttle
}

// Note counts and logs a refusal.
func (s *Responder) Note(r *http.Request, p *Problem) {
	if p.Status != http.StatusNotFound {
		s.Metrics.Refused(p.Code)
	}
	if p.cause == nil || r.Context().Err() != nil {
		return
	}
	// A crowd meets the same trouble at once: one line a second says it.
	if more, ok := s.failures.allow(); ok {
		s.Logger.Warn("request failed", "route", Route(r), "status", p.Status, "err", p.cause, "unsaid_before", more)
	}
}

// Answer answers with problem+json.
func (s *Responder) Answer(w http.ResponseWriter, r *http.Request, err error) {
	p := Of(err)
	s.Note(r, p)
	p.Headers(w)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	body := p.body
	if body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	} else if body, err = json.Marshal(p.Problem); err != nil {
		s.Logger.Error("encode problem", "code", p.Code, "err", err)
	}
	w.WriteHeader(p.Status)
	s.Write(w, body)
}

// Write writes the body of an answer.
func (s *Responder) Write(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.Logger.Debug("answer not taken", "err", err)
	}
}

var noSniff = []string{"nosniff"}

// Handler answers with the error that h returns, if any.
func (s *Responder) Handler(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Content-Type-Options"] = noSniff // shared, so that entries make less garbage
		if err := h(w, r); err != nil {
			s.Answer(w, r, err)
		}
	}
}

// Panicked answers for a handler that panicked with v.
func (s *Responder) Panicked(w http.ResponseWriter, r *http.Request, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	s.Logger.Error("handler panicked", "route", Route(r), "panic", v)
	s.Answer(w, r, New(http.StatusInternalServerError, "internal", "Internal error", "The server's log says more."))
}

// Route is the pattern that a request matched: never its path, which holds codes.
func Route(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		if p := c.RoutePattern(); p != "" {
			return p
		}
	}
	return "none"
}
