package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/entries"
	"drumroll/web/kinds"
	"drumroll/web/live"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
)

// Service answers the calls of the API.
type Service struct {
	Answers  *problem.Responder
	Sessions *session.Sessions
	Valves   *overload.Valves
	Intake   *entries.Intake
	Kinds    *kinds.Node
	Live     *live.Sockets

	CreateKey string // "": anyone who reaches the server may create events
}

// Event is a handler for calls about the event that the path names.
func (s *Service) Event(h func(http.ResponseWriter, *http.Request, *replica.Replica) error) http.HandlerFunc {
	return s.Answers.Handler(func(w http.ResponseWriter, r *http.Request) error {
		rep, err := s.Sessions.Event(r)
		if err != nil {
			return err
		}
		return h(w, r, rep)
	})
}

// Host is a handler for calls of the host: it checks the key.
func (s *Service) Host(h func(http.ResponseWriter, *http.Request, *replica.Replica) error) http.HandlerFunc {
	return s.Event(func(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
		if _, err := s.Sessions.CheckHost(r, rep); err != nil {
			return err
		}
		if r.Method != http.MethodGet {
			// What a host decides on, another node may just have changed.
			ctx, cancel := context.WithTimeout(r.Context(), session.SyncTimeout)
			defer cancel()
			if err := rep.Sync(ctx); err != nil {
				return err
			}
		}
		return h(w, r, rep)
	})
}

// Participant is a handler for calls of a phone.
func (s *Service) Participant(h func(http.ResponseWriter, *http.Request, *replica.Replica, event.Participant) error) http.HandlerFunc {
	return s.Event(func(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
		p, err := s.Sessions.Participant(r, rep)
		if err != nil {
			return err
		}
		return h(w, r, rep, p)
	})
}

// number is a positive number in the path.
func number(r *http.Request, name string) (int, error) {
	n, err := strconv.Atoi(chi.URLParam(r, name))
	if err != nil || n < 1 {
		return 0, problem.NotFound
	}
	return n, nil
}
