package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/entries"
	"drumroll/web/jsonbody"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/view"
)

// AddRemote makes a host key for a second device.
func (s *Service) AddRemote(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var in contract.AddRemote
	if err := jsonbody.Decode(w, r, jsonbody.MaxJSON, &in); err != nil {
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
	if _, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdRevoke, Remote: id}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// PutPerson hides or shows a chosen name.
func (s *Service) PutPerson(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	person, err := event.ParseParticipant(chi.URLParam(r, "person"))
	if err != nil {
		return problem.NotFound
	}
	var in contract.ChangePerson
	if err := jsonbody.Decode(w, r, jsonbody.MaxJSON, &in); err != nil {
		return err
	}
	if in.Hidden == nil {
		return problem.Invalid("hidden must be true or false.")
	}
	if _, err := rep.Propose(r.Context(), &event.Command{Type: event.CmdHide, Person: person, Hidden: *in.Hidden}); err != nil {
		return err
	}
	return s.answerEvent(w, rep, true)
}

// Join makes a participant.
func (s *Service) Join(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.Sessions.Event(r)
	if err != nil {
		return err
	}
	if err := s.Valves.Arrivals.Admit(overload.JoinCost, func() bool { return s.Sessions.OfHost(r) }); err != nil {
		return err
	}
	var in contract.Join
	if err := jsonbody.DecodeOptional(w, r, jsonbody.MaxEntry, &in); err != nil {
		return err
	}
	if in.Name != "" {
		if in.Name, err = event.Text("name", in.Name); err != nil {
			return err
		}
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
	s.Sessions.SetCookie(w, r, session.ParticipantCookie+rep.Code(), token)
	return s.Answers.JSON(w, http.StatusCreated, contract.Joined{Token: token, Me: contract.Me{Handle: you.Handle, Name: you.Name}})
}

// PutMe gives a participant a name of their own, where the host allows names.
func (s *Service) PutMe(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	var in contract.Rename
	if err := jsonbody.Decode(w, r, jsonbody.MaxEntry, &in); err != nil {
		return err
	}
	if err := s.Intake.Rename(r, rep, p, in.Name); err != nil {
		return err
	}
	var you event.You
	rep.View(func(st *event.State) { you = st.You(p) })
	return s.Answers.JSON(w, http.StatusOK, contract.Me{Handle: you.Handle, Name: you.Name})
}
