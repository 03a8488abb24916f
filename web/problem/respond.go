package problem

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/time/rate"

	"drumroll/internal/metrics"
)

// Responder answers calls of the API: with values, or with problems, which it counts
// and logs.
type Responder struct {
	Logger  *slog.Logger
	Metrics *metrics.Node

	failures rate.Sometimes
	unsaid   atomic.Int64 // failures since the last one that was logged
}

// NewResponder returns a Responder. A crowd meets the same trouble at once: one line a
// second says it.
func NewResponder(logger *slog.Logger, counters *metrics.Node) *Responder {
	return &Responder{Logger: logger, Metrics: counters, failures: rate.Sometimes{Interval: time.Second}}
}

// Note counts and logs a refusal.
func (s *Responder) Note(r *http.Request, p *Problem) {
	if p.Status != http.StatusNotFound {
		s.Metrics.Refused(p.Code)
	}
	if p.cause == nil || r.Context().Err() != nil {
		return
	}
	s.unsaid.Add(1)
	s.failures.Do(func() {
		s.Logger.Warn("request failed", "route", Route(r), "status", p.Status, "err", p.cause, "unsaid_before", s.unsaid.Swap(0)-1)
	})
}

// Refuse counts and logs a refusal and sets its header fields; the caller writes the
// body.
func (s *Responder) Refuse(w http.ResponseWriter, r *http.Request, err error) *Problem {
	p := Of(err)
	s.Note(r, p)
	p.headers(w)
	return p
}

// Problem answers with problem+json.
func (s *Responder) Problem(w http.ResponseWriter, r *http.Request, err error) {
	p := s.Refuse(w, r, err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header()["Cache-Control"] = noStore
	body, err := json.Marshal(p.Problem)
	if err != nil {
		s.Logger.Error("encode problem", "code", p.Code, "err", err)
	}
	w.WriteHeader(p.Status)
	s.Write(w, body)
}

// JSON answers with a value. It returns nil, for handlers that end with it.
func (s *Responder) JSON(w http.ResponseWriter, status int, v any) error {
	head(w)
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

// Encoded answers with JSON that was encoded before.
func (s *Responder) Encoded(w http.ResponseWriter, body []byte) {
	head(w)
	s.Write(w, body)
}

func head(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = jsonHeader, noStore
}

// Write writes the body of an answer.
func (s *Responder) Write(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.Logger.Debug("answer not taken", "err", err)
	}
}

// Header values that all answers share, so that entries make less garbage. They are
// never changed.
var (
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	jsonHeader = []string{jsonType}
)

// Handler answers with the error that h returns, if any.
func (s *Responder) Handler(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Content-Type-Options"] = noSniff
		if err := h(w, r); err != nil {
			s.Problem(w, r, err)
		}
	}
}

// Panicked answers for a handler that panicked with v.
func (s *Responder) Panicked(w http.ResponseWriter, r *http.Request, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	s.Logger.Error("handler panicked", "route", Route(r), "panic", v)
	s.Problem(w, r, New(http.StatusInternalServerError, "internal", "Internal error", "The server's log says more."))
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
