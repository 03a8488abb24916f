package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/entries"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/view"
)

// AddRemote makes a host key for a second device.
func (s *Service) AddRemote(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	in, err := problem.ReadJSON[contract.AddRemote](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	label, err := event.Text("label", in.Label)
	if err != nil {
		return err
	}
	key := session.NewHostKey()
	hash := session.HashKey(key)
	settled, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdRemote, Label: label, Hash: &hash})
	if err != nil {
		return err
	}
	link := s.Sessions.BaseURL(r) + "/" + rep.Code() + "/host#" + key
	// Not in upper case: the key's case counts.
	code, err := view.QRCode(link)
	if err != nil {
		return err
	}
	return s.Answers.JSON(w, http.StatusCreated, contract.NewRemote{
		Remote: contract.Remote{ID: settled.ID, Label: label}, Key: key, URL: link, QR: contract.QR(code),
	})
}

// RevokeRemote revokes it.
func (s *Service) RevokeRemote(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusNoContent, &event.Command{Type: event.CmdRevoke, Remote: id})
}

// PutPerson hides or shows a chosen name.
func (s *Service) PutPerson(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	person, err := event.ParseParticipant(chi.URLParam(r, "person"))
	if err != nil {
		return problem.NotFound
	}
	in, err := problem.ReadJSON[contract.ChangePerson](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	if in.Hidden == nil {
		return problem.Invalid("hidden must be true or false.")
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdHide, Person: person, Hidden: *in.Hidden})
}

// Join makes a participant.
func (s *Service) Join(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if err := s.Valves.Arrivals.Admit(overload.JoinCost, func() bool { return s.Sessions.OfHost(r) }); err != nil {
		return err
	}
	var in contract.Join
	if err := problem.DecodeOptional(w, r, problem.MaxEntry, &in); err != nil {
		return err
	}
	if in.Name != "" {
		name, err := event.Text("name", in.Name)
		if err != nil {
			return err
		}
		in.Name = name
	}
	p := session.NewParticipant()
	if _, err := s.Intake.MayJoin(r, rep, p); err != nil {
		return err
	}
	if !entries.NamesOn(rep) {
		in.Name = "" // and so it never reaches the disk
	}
	if _, err := rep.Enter(event.JoinItem(p, in.Name)); err != nil {
		return err
	}
	var you event.You
	var uid event.UID
	rep.View(func(st *event.State) { you, uid = st.You(p), st.UID() })
	token := s.Sessions.Token(uid, p)
	s.Sessions.SetCookie(w, r, session.ParticipantCookie+rep.Code(), token, session.CookieAge)
	return s.Answers.JSON(w, http.StatusCreated, contract.Joined{Token: token, Me: contract.Me{Handle: you.Handle, Name: you.Name}})
}

// PutMe gives a participant a name of their own, where the host allows names.
func (s *Service) PutMe(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	in, err := problem.ReadJSON[contract.Rename](w, r, problem.MaxEntry)
	if err != nil {
		return err
	}
	if err := s.Intake.Rename(r, rep, p, in.Name); err != nil {
		return err
	}
	var you event.You
	rep.View(func(st *event.State) { you = st.You(p) })
	return s.Answers.JSON(w, http.StatusOK, contract.Me{Handle: you.Handle, Name: you.Name})
}
