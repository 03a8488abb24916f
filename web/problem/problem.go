package problem

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
)

// Problem is an error with its HTTP form, RFC 9457.
type Problem struct {
	contract.Problem

	cause error         // to be logged
	after time.Duration // when to come again, of 429 and 503; 0: in a while
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// New is a problem with the given parts; code is for programs.
func New(status int, code, title, detail string) *Problem {
	return &Problem{Problem: contract.Problem{Type: "urn:drumroll:problem:" + code, Title: title, Status: status, Detail: detail, Code: code}}
}

// In is the same problem with the time after which to come again.
func (p *Problem) In(after time.Duration) *Problem {
	own := *p
	own.after = after
	return &own
}

// Errors of the web layer itself.
var (
	NoHostKey     = New(http.StatusUnauthorized, "unauthorized", "Host key needed", "This call is the host's: send the host key as a bearer token.")
	WrongHostKey  = New(http.StatusUnauthorized, "unauthorized", "Wrong host key", "The key is not this event's, or was revoked.")
	NoToken       = New(http.StatusUnauthorized, "unauthorized", "Token needed", "Join first: POST to participants gives the token to send as a bearer token.")
	WrongToken    = New(http.StatusUnauthorized, "unauthorized", "Wrong token", "The token is not of this event. Join again.")
	NoCreateKey   = New(http.StatusUnauthorized, "unauthorized", "Create key needed", "This server asks for its create key when an event is made.")
	ForeignOrigin = New(http.StatusForbidden, "forbidden", "Foreign origin", "Requests from other sites are refused.")
	Overloaded    = New(http.StatusServiceUnavailable, "overloaded", "Busy", "More entries are waiting than this node takes. Nothing was lost that was acknowledged; try again.")
	Arrivals      = New(http.StatusServiceUnavailable, "arrivals", "Many are arriving", "Too many phones are joining at once. Try again in a moment.")
	Rate          = New(http.StatusTooManyRequests, "rate", "Too many requests", "Wait a moment, then try again.")
	Closed        = New(http.StatusConflict, "closed", "Voting is closed", "The entry was not counted: the activity is not open, or was reset.")
	InvalidEntry  = New(http.StatusUnprocessableEntity, "invalid", "Invalid entry", "The activity or option does not exist, or the number of choices is not allowed.")
	NoActivity    = New(http.StatusUnprocessableEntity, "invalid", "Invalid entry", "The activity or option does not exist, or the number of choices is not allowed.")
	Leaving       = New(http.StatusServiceUnavailable, "leaving", "This node is leaving", "Try again: another node will answer.")
	Method        = New(http.StatusMethodNotAllowed, "method", "Method not allowed", "This address takes other methods; the Allow header names them.")
	EmptyBody     = Invalid("The body is empty; send a JSON object.")
	NotFound      = New(http.StatusNotFound, "unknown", "Not found", "There is nothing here.")
)

// Invalid is input that the caller can put right.
func Invalid(format string, a ...any) *Problem {
	return New(http.StatusUnprocessableEntity, "invalid", "Invalid input", fmt.Sprintf(format, a...))
}

// Of is the one place where errors become HTTP.
func Of(err error) *Problem {
	var p *Problem
	var refusal *event.Refusal
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal):
		switch refusal.Code {
		case event.Unknown:
			return New(http.StatusNotFound, "unknown", "Not found", Sentence(refusal.Detail))
		case event.Invalid:
			return Invalid("%s", Sentence(refusal.Detail))
		}
		return New(http.StatusConflict, "conflict", "Not possible now", Sentence(refusal.Detail))
	case errors.As(err, &tooBig):
		return New(http.StatusRequestEntityTooLarge, "too_large", "Body too large", fmt.Sprintf("At most %d bytes are taken here.", tooBig.Limit))
	case errors.Is(err, eventlog.ErrNotFound), errors.Is(err, replica.ErrDeleted):
		return New(http.StatusNotFound, "unknown", "No such event", "Nobody hosts an event under this code. Check it on the screen; events can also have been deleted.")
	case errors.Is(err, eventlog.ErrOverloaded):
		return Overloaded
	case errors.Is(err, replica.ErrNewer):
		return New(http.StatusServiceUnavailable, "newer", "This server needs an update",
			"A newer version of Drumroll wrote to this event, and this server cannot read it. Nothing that was counted is lost. Ask the host to have the server updated; then the event goes on by itself.").stopped(err)
	case errors.Is(err, replica.ErrDamaged), errors.Is(err, eventlog.ErrCorrupt):
		return New(http.StatusServiceUnavailable, "damaged", "Event stopped",
			"Part of this event's record is damaged, so it was stopped before anything could be counted wrongly. Ask the host to look at the server's own log: it says where the damage is, what may be missing and how to go on. Other events go on.").stopped(err)
	case errors.Is(err, eventlog.ErrGaveUp), errors.Is(err, eventlog.ErrStopped), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return New(http.StatusServiceUnavailable, "retry", "Not stored yet", "The log did not answer in time. Try again: it counts once.").because(err)
	}
	return New(http.StatusServiceUnavailable, "retry", "The log cannot be reached", "Try again in a moment.").because(err)
}

func (p *Problem) because(err error) *Problem { p.cause = err; return p }

// stopped is the problem of an event that waits for somebody to mend the server.
func (p *Problem) stopped(err error) *Problem { return p.because(err).In(30 * time.Second) }

// Sentence makes a refusal's clause stand alone.
func Sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s + "."
}

// RetryAfterMS is how long a refused client should wait: spread, so that a
// refused crowd does not come back as one.
func RetryAfterMS() int { return 500 + rand.IntN(2000) }

// headers sets the header fields that go with the status.
func (p *Problem) headers(w http.ResponseWriter) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(p.retrySeconds()))
	}
}

func (p *Problem) retrySeconds() int {
	after := p.after
	if after == 0 {
		after = time.Duration(RetryAfterMS()) * time.Millisecond
	}
	return int(math.Ceil(after.Seconds()))
}
