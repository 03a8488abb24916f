package api

import (
	"net/http"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
	"drumroll/web/entries"
	"drumroll/web/problem"
	"drumroll/web/session"
)

// PostEntry takes an entry. It is the call that a full room makes at once, so that
// it makes little garbage.
func (s *Service) PostEntry(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if rep.Full() {
		return problem.Overloaded // before its body is read
	}
	p, err := s.Sessions.Participant(r, rep)
	if err != nil {
		return err
	}
	buffer := entries.NewBuffer()
	defer buffer.Free()
	e, err := buffer.Read(w, r)
	if err != nil {
		return err
	}
	settled, err := s.Intake.Enter(r, rep, p, e)
	if err != nil {
		return err
	}
	s.Answers.Encoded(w, buffer.Answer(&settled))
	return nil
}

// PostClaim notes that a winner is there, and answers with the code that the
// host compares. A second tap, on whatever node, gets the same.
func (s *Service) PostClaim(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	in, err := problem.ReadJSON[contract.Claim](w, r, problem.MaxEntry)
	if err != nil {
		return err
	}
	ticket, err := fairdraw.ParseTicket(in.Ticket)
	if err != nil {
		return problem.Invalid("ticket must be your winning ticket.")
	}
	if !s.Valves.Limits.AllowParticipant(s.Valves.Entries, rep.Code(), p) {
		return problem.Rate
	}
	won, err := session.LookTwice(r.Context(), rep, func(st *event.State) (event.Won, error) { return wonWith(st.You(p), in.Ticket) })
	if err != nil {
		return err
	}
	if won.Claim == "" {
		// A host's way in, past the bound on entries: only winners come this far, each as
		// often as the limit of participants lets them, and their time runs out.
		c := &event.Command{Type: event.CmdClaim, Activity: won.Activity, Ticket: in.Ticket, Person: p}
		if _, err := rep.Propose(r.Context(), c); err != nil {
			return err
		}
	}
	return s.Answers.JSON(w, http.StatusOK, contract.ClaimCode{Code: s.Kinds.ClaimCode(session.UID(rep), ticket)})
}

func wonWith(you event.You, ticket string) (event.Won, error) {
	for _, w := range you.Won {
		if w.Ticket == ticket {
			return w, nil
		}
	}
	return event.Won{}, problem.New(http.StatusConflict, "conflict", "Not a winner", "This ticket of yours is not among the winners.")
}

// PostCheckIn notes that a participant is in the room while a raffle that asks
// for it is open.
func (s *Service) PostCheckIn(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	e, err := problem.ReadJSON[event.Entry](w, r, problem.MaxEntry)
	if err != nil {
		return err
	}
	e.CheckIn = true
	settled, err := s.Intake.Enter(r, rep, p, &e)
	if err != nil {
		return err
	}
	buffer := entries.NewBuffer()
	defer buffer.Free()
	s.Answers.Encoded(w, buffer.Answer(&settled))
	return nil
}

// GetProof answers with a participant's own place in the frozen list.
func (s *Service) GetProof(w http.ResponseWriter, r *http.Request, rep *replica.Replica, p event.Participant) error {
	id, err := number(r, "id")
	if err != nil {
		return err
	}
	var receipt event.Receipt
	var no *event.Refusal
	rep.View(func(st *event.State) { receipt, no = st.Receipt(p, id) })
	if no != nil {
		return no
	}
	proof, err := s.Kinds.Proof(session.UID(rep), p, id, receipt)
	if err != nil {
		return err
	}
	return s.Answers.JSON(w, http.StatusOK, proof)
}
