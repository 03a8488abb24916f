package api

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/problem"
)

// AddActivity adds a draft.
func (s *Service) AddActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	spec, err := readSpec(w, r, event.Spec{})
	if err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusCreated, &event.Command{Type: event.CmdAdd, Spec: &spec})
}

// readSpec lays what a body gives over a spec.
func readSpec(w http.ResponseWriter, r *http.Request, on event.Spec) (event.Spec, error) {
	body, err := problem.ReadJSON[json.RawMessage](w, r, problem.MaxJSON)
	if err != nil {
		return on, err
	}
	return kinds.Spec(body, on)
}

// activity finds the activity that the path names.
func activity(r *http.Request, rep *replica.Replica) (a event.Activity, err error) {
	id, err := number(r, "id")
	if err != nil {
		return a, err
	}
	var ok bool
	rep.View(func(st *event.State) { a, ok = st.Activity(id) })
	if !ok {
		return a, problem.New(http.StatusNotFound, "unknown", "No such activity", "The event has no activity with this id; it may have been deleted.")
	}
	return a, nil
}

// PatchActivity changes a draft.
func (s *Service) PatchActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	spec, err := readSpec(w, r, a.Spec)
	if err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdEdit, Activity: a.ID, Spec: &spec})
}

// DeleteActivity removes a draft.
func (s *Service) DeleteActivity(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	return s.propose(w, r, rep, http.StatusNoContent, &event.Command{Type: event.CmdRemove, Activity: a.ID})
}

// PutResults says who sees counts before they are revealed.
func (s *Service) PutResults(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	in, err := problem.ReadJSON[contract.Results](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	if in.Results != event.Live && in.Results != event.Hidden {
		return problem.Invalid("results must be %q or %q.", event.Live, event.Hidden)
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdResults, Activity: a.ID, Results: in.Results})
}

// PostVerb does what a host wants done with an activity.
func (s *Service) PostVerb(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	a, err := activity(r, rep)
	if err != nil {
		return err
	}
	call := kinds.Call{Replica: rep, Activity: &a, Verb: chi.URLParam(r, "verb")}
	if err := problem.DecodeOptional(w, r, problem.MaxJSON, &call.Details); err != nil {
		return err
	}
	c, err := s.Kinds.Command(&call)
	if err != nil {
		return err
	}
	if settled, err := kinds.Freeze(r.Context(), rep, c); err != nil {
		return refused(err, settled, rep)
	}
	return s.propose(w, r, rep, http.StatusOK, c)
}

// PutOrder puts the activities in another order.
func (s *Service) PutOrder(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	in, err := problem.ReadJSON[contract.Order](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	if in.Activities == nil {
		return problem.Invalid("activities must list the ids of all activities in their new order.")
	}
	return s.propose(w, r, rep, http.StatusOK, &event.Command{Type: event.CmdOrder, Order: in.Activities})
}

// PostCurrent chooses what phones and screen show.
func (s *Service) PostCurrent(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	in, err := problem.ReadJSON[contract.Current](w, r, problem.MaxJSON)
	if err != nil {
		return err
	}
	c := &event.Command{Type: event.CmdCurrent}
	if in.ID != nil {
		if *in.ID < 1 {
			return problem.NotFound
		}
		c.Activity = *in.ID
	}
	if _, err := rep.Propose(r.Context(), c); err != nil {
		return err
	}
	return s.answerEvent(w, rep, true)
}
