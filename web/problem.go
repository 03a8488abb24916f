package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
	"drumroll/web/ui"
)

// problem is an error with its HTTP form, RFC 9457.
type problem struct {
	Type     string       `json:"type"`
	Title    string       `json:"title"`
	Status   int          `json:"status"`
	Detail   string       `json:"detail,omitempty"`
	Code     string       `json:"code"`               // the last part of Type, for programs
	Activity *apiActivity `json:"activity,omitempty"` // as it truly is, where a command was refused

	cause error         // to be logged
	body  []byte        // as JSON, where it is always the same
	after time.Duration // when to come again, of 429 and 503; 0: in a while
}

func (p *problem) Error() string { return p.Title + ": " + p.Detail }

func newProblem(status int, code, title, detail string) *problem {
	return &problem{Type: "urn:drumroll:problem:" + code, Title: title, Status: status, Detail: detail, Code: code}
}

// fixed is a problem that is encoded once: refusing a crowd must be cheap.
func fixed(status int, code, title, detail string) *problem {
	p := newProblem(status, code, title, detail)
	p.body, _ = json.Marshal(p) // strings and a number: it cannot fail
	p.body = append(p.body, '\n')
	return p
}

// in is the same problem with the time after which to come again.
func (p *problem) in(after time.Duration) *problem {
	own := *p
	own.after = after
	return &own
}

// Errors of the web layer itself.
var (
	errNoHostKey    = newProblem(http.StatusUnauthorized, "unauthorized", "Host key needed", "This call is the host's: send the host key as a bearer token.")
	errWrongHostKey = newProblem(http.StatusUnauthorized, "unauthorized", "Wrong host key", "The key is not this event's, or was revoked.")
	errNoToken      = newProblem(http.StatusUnauthorized, "unauthorized", "Token needed", "Join first: POST to participants gives the token to send as a bearer token.")
	errWrongToken   = newProblem(http.StatusUnauthorized, "unauthorized", "Wrong token", "The token is not of this event. Join again.")
	errCreateKey    = newProblem(http.StatusUnauthorized, "unauthorized", "Create key needed", "This server asks for its create key when an event is made.")
	errOrigin       = newProblem(http.StatusForbidden, "forbidden", "Foreign origin", "Requests from other sites are refused.")
	errOverloaded   = fixed(http.StatusServiceUnavailable, "overloaded", "Busy", "More entries are waiting than this node takes. Nothing was lost that was acknowledged; try again.")
	errArrivals     = fixed(http.StatusServiceUnavailable, "arrivals", "Many are arriving", "More phones come at once than this node can let in. Try again in a moment.")
	errRate         = fixed(http.StatusTooManyRequests, "rate", "Too many requests", "Wait a moment, then try again.")
	errClosed       = newProblem(http.StatusConflict, "closed", "Voting is closed", "The entry was not counted: it is not open, or was reset meanwhile.")
	errInvalid      = newProblem(http.StatusUnprocessableEntity, "invalid", "Invalid entry", "The activity or option does not exist, or the number of choices is not allowed.")
	errNoActivity   = newProblem(http.StatusUnprocessableEntity, "invalid", "Invalid entry", "The activity or option does not exist, or the number of choices is not allowed.")
	errLeaving      = newProblem(http.StatusServiceUnavailable, "leaving", "This node is leaving", "Try again: another node will answer.")
	errMethod       = newProblem(http.StatusMethodNotAllowed, "method", "Method not allowed", "This address takes other methods; the Allow header names them.")
	errEmptyBody    = invalidInput("The body is empty; send a JSON object.")
	errNotFound     = newProblem(http.StatusNotFound, "unknown", "Not found", "There is nothing here.")
)

func invalidInput(format string, a ...any) *problem {
	return newProblem(http.StatusUnprocessableEntity, "invalid", "Invalid input", fmt.Sprintf(format, a...))
}

// toProblem is the one place where errors become HTTP.
func toProblem(err error) *problem {
	var p *problem
	var refusal *event.Refusal
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal):
		switch refusal.Code {
		case event.Unknown:
			return newProblem(http.StatusNotFound, "unknown", "Not found", sentence(refusal.Detail))
		case event.Invalid:
			return invalidInput("%s", sentence(refusal.Detail))
		}
		return newProblem(http.StatusConflict, "conflict", "Not possible now", sentence(refusal.Detail))
	case errors.As(err, &tooBig):
		return newProblem(http.StatusRequestEntityTooLarge, "too_large", "Body too large", fmt.Sprintf("At most %d bytes are taken here.", tooBig.Limit))
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, replica.ErrDeleted):
		return newProblem(http.StatusNotFound, "unknown", "No such event", "Nobody hosts an event under this code. Check it on the screen; events can also have been deleted.")
	case errors.Is(err, eventlog.ErrOverloaded):
		return errOverloaded
	case errors.Is(err, replica.ErrNewer):
		return newProblem(http.StatusServiceUnavailable, "newer", "This server needs an update",
			"A newer version of Drumroll wrote to this event, and this server cannot read it. Nothing that was counted is lost. Ask the host to have the server updated; then the event goes on by itself.").stopped(err)
	case errors.Is(err, replica.ErrDamaged), errors.Is(err, eventlog.ErrCorrupt):
		return newProblem(http.StatusServiceUnavailable, "damaged", "Event stopped",
			"Part of this event's record is damaged, so it was stopped before anything could be counted wrongly. Ask the host to look at the server's own log: it says where the damage is, what may be missing and how to go on. Other events go on.").stopped(err)
	case errors.Is(err, eventlog.ErrGaveUp), errors.Is(err, eventlog.ErrStopped), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "retry", "Not stored yet", "The log did not answer in time. Try again: it counts once.").because(err)
	}
	return newProblem(http.StatusServiceUnavailable, "retry", "The log cannot be reached", "Try again in a moment.").because(err)
}

func (p *problem) because(err error) *problem { p.cause = err; return p }

// stopped is the problem of an event that waits for somebody to mend the server.
func (p *problem) stopped(err error) *problem { return p.because(err).in(30 * time.Second) }

// sentence makes a refusal's clause stand alone.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s + "."
}

// retryAfterMS is how long a refused client should wait: spread, so that a
// refused crowd does not come back as one.
func retryAfterMS() int { return 500 + rand.IntN(2000) }

func (p *problem) headers(w http.ResponseWriter) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(p.retrySeconds()))
	}
}

func (p *problem) retrySeconds() int {
	after := p.after
	if after == 0 {
		after = time.Duration(retryAfterMS()) * time.Millisecond
	}
	return int(math.Ceil(after.Seconds()))
}

// note counts and logs a refusal.
func (s *Server) note(r *http.Request, p *problem) {
	if p.Status != http.StatusNotFound {
		s.cfg.Metrics.Refused(p.Code)
	}
	if p.cause == nil || r.Context().Err() != nil {
		return
	}
	// A crowd meets the same trouble at once: one line a second says it.
	if more, ok := s.failure.take(); ok {
		s.cfg.Logger.Warn("request failed", "route", route(r), "status", p.Status, "err", p.cause, "unsaid_before", more)
	}
}

// failAPI answers with problem+json.
func (s *Server) failAPI(w http.ResponseWriter, r *http.Request, err error) {
	p := toProblem(err)
	s.note(r, p)
	p.headers(w)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	body := p.body
	if body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	} else if body, err = json.Marshal(p); err != nil {
		s.cfg.Logger.Error("encode problem", "code", p.Code, "err", err)
	}
	w.WriteHeader(p.Status)
	if _, err := w.Write(body); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
	}
}

// comeAgain refuses a page for load: a small one, made once, that the browser
// loads again by itself.
func (s *Server) comeAgain(w http.ResponseWriter, r *http.Request, err error) {
	p := toProblem(err)
	s.note(r, p)
	p.headers(w)
	w.Header().Set("Refresh", w.Header().Get("Retry-After"))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	body := s.busyPage()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	if _, err := w.Write(body); err != nil {
		s.cfg.Logger.Debug("page not taken", "err", err)
	}
}

func (s *Server) renderBusy() []byte {
	var b bytes.Buffer
	page := ui.ErrorPage(ui.Problem{
		Page: s.pageModel("error", errArrivals.Title, ""), Status: errArrivals.Status, Title: errArrivals.Title,
		Detail: "More phones come at once than can be let in. This page tries again by itself in a few seconds.",
	})
	if err := page.Render(context.Background(), &b); err != nil {
		s.cfg.Logger.Error("render page", "err", err)
		return []byte(errArrivals.Title)
	}
	return b.Bytes()
}

// failPage answers with a page for people.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	p := toProblem(err)
	s.note(r, p)
	p.headers(w)
	if p.Status == http.StatusServiceUnavailable && r.Method == http.MethodGet {
		w.Header().Set("Refresh", w.Header().Get("Retry-After"))
	}
	s.page(w, r, p.Status, ui.ErrorPage(ui.Problem{
		Page: s.pageModel("error", p.Title, ""), Status: p.Status, Title: p.Title, Detail: p.Detail,
	}))
}
