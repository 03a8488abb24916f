package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
)

// CreateEvent makes an event.
func (s *Service) CreateEvent(w http.ResponseWriter, r *http.Request) error {
	in, err := problem.ReadJSON[contract.CreateEvent](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	c, err := s.Create(r, &in)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/events/"+c.Code)
	return s.Answers.JSON(w, http.StatusCreated, c)
}

// Create makes an event under a fresh code.
func (s *Service) Create(r *http.Request, in *contract.CreateEvent) (contract.Created, error) {
	if s.CreateKey != "" {
		// Of hashes, so that comparing takes the same time for all lengths.
		given, want := session.HashKey(in.CreateKey), session.HashKey(s.CreateKey)
		if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			if !s.Valves.Limits.Allow(overload.WrongKeys, session.ClientIP(r)) {
				return contract.Created{}, problem.Rate
			}
			return contract.Created{}, problem.NoCreateKey
		}
	}
	title, err := event.Text("title", in.Title)
	if err != nil {
		return contract.Created{}, err
	}
	if !s.Valves.Limits.Allow(overload.Creating, session.ClientIP(r)) {
		return contract.Created{}, problem.Rate
	}
	key := session.NewHostKey()
	var uid event.UID
	_, _ = rand.Read(uid[:])
	c := event.Creation{Title: title, Names: in.Names, HostKey: session.HashKey(key), Ms: uint64(time.Now().UnixMilli())}
	if err := s.Register(r.Context(), uid, &c); err != nil {
		return contract.Created{}, err
	}
	s.Answers.Logger.Info("event created", "event", c.Code)
	return s.CreatedOf(r, c.Code, title, key), nil
}

// Register makes the event's log under a fresh code, which it puts into c.
func (s *Service) Register(ctx context.Context, uid event.UID, c *event.Creation) error {
	for range 10 {
		c.Code = newCode()
		if err := s.Sessions.Replicas.Create(ctx, uid, *c); !errors.Is(err, eventlog.ErrExists) {
			return err
		}
	}
	return fmt.Errorf("no free code found")
}

// CreatedOf is the answer to who made an event.
func (s *Service) CreatedOf(r *http.Request, code, title, key string) contract.Created {
	base := s.Sessions.BaseURL(r) + "/" + code
	return contract.Created{
		Code: code, Title: title, HostKey: key,
		JoinURL: base, ScreenURL: base + "/screen", HostURL: base + "/host#" + key,
	}
}

// newCode draws a code; one that a route of our own would shadow is drawn again.
func newCode() string {
	for {
		var b [session.CodeLength]byte
		for i := range b {
			n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(session.CodeAlphabet)))) // never fails (crypto/rand)
			b[i] = session.CodeAlphabet[n.Int64()]
		}
		if code := string(b[:]); code != "READYZ" {
			return code
		}
	}
}

// GetEvent shows an event as the caller may see it.
func (s *Service) GetEvent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	// A host's credential shows all; a wrong one is an error, not a stranger's view.
	// A page whose socket was refused asks here, too, whether its cookie still holds.
	host := session.IsHost(rep, session.HostKey(r, rep.Code()))
	if !host {
		_, err := s.Sessions.Participant(r, rep)
		if errors.Is(err, problem.NoToken) && session.Cookie(r, session.HostCookie+rep.Code()) != "" {
			return problem.WrongHostKey
		}
		if err != nil && !errors.Is(err, problem.NoToken) {
			return err
		}
	}
	return s.answerEvent(w, rep, host)
}

func (s *Service) answerEvent(w http.ResponseWriter, rep *replica.Replica, host bool) error {
	connected, now := s.Live.Connected(rep), rep.Now()
	if host {
		return s.Answers.JSON(w, http.StatusOK, s.Kinds.HostEvent(s.Kinds.HostSnapshot(rep), connected, now))
	}
	return s.Answers.JSON(w, http.StatusOK, kinds.Event(rep.Public(), connected, now))
}

// propose sends a command through the log and answers with the activity that it
// names, as the fold left it; with the event, where it names none; or, for
// http.StatusNoContent, with nothing.
func (s *Service) propose(w http.ResponseWriter, r *http.Request, rep *replica.Replica, status int, c *event.Command) error {
	settled, err := rep.Propose(r.Context(), c)
	if err != nil {
		return refused(err, settled, rep)
	}
	switch {
	case status == http.StatusNoContent:
		w.WriteHeader(status)
		return nil
	case settled.Activity == nil:
		return s.answerEvent(w, rep, true)
	}
	a := s.Kinds.WithCode(session.UID(rep), *settled.Activity)
	return s.Answers.JSON(w, status, kinds.Activity(&a, rep.Now()))
}

// refused adds to a conflict the activity as it truly is.
func refused(err error, settled replica.Settled, rep *replica.Replica) error {
	var refusal *event.Refusal
	if !errors.As(err, &refusal) || settled.Activity == nil {
		return err
	}
	p := problem.Of(err)
	a := kinds.Activity(settled.Activity, rep.Now())
	p.Activity = &a
	return p
}

// PatchEvent changes an event's settings.
func (s *Service) PatchEvent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	in, err := problem.ReadJSON[contract.ChangeEvent](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	if in.Title != nil {
		title, err := event.Text("title", *in.Title)
		if err != nil {
			return err
		}
		in.Title = &title
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdSettings, Title: in.Title, Names: in.Names})
}

// DeleteEvent deletes an event, its log included.
func (s *Service) DeleteEvent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := s.Sessions.Replicas.Delete(r.Context(), rep); err != nil {
		return err
	}
	s.Answers.Logger.Info("event deleted", "event", rep.Code())
	session.DropCookie(w, session.HostCookie+rep.Code())
	w.WriteHeader(http.StatusNoContent)
	return nil
}
