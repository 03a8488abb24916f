package api

import (
	"net/http"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/web/kinds"
	"drumroll/web/problem"
)

// findDraw finds the draw that the path names.
func (s *Service) findDraw(r *http.Request) (*event.Draw, error) {
	rep, err := s.Sessions.Event(r)
	if err != nil {
		return nil, err
	}
	n, err := number(r, "n")
	if err != nil {
		return nil, err
	}
	var d *event.Draw
	rep.View(func(st *event.State) { d = st.Draw(n) })
	if d == nil {
		return nil, problem.New(http.StatusNotFound, "unknown", "No such draw", "The event has made no draw with this number yet.")
	}
	return d, nil
}

// GetDraw answers with all that is needed to check a draw.
func (s *Service) GetDraw(w http.ResponseWriter, r *http.Request) error {
	d, err := s.findDraw(r)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, d.Record)
}

// GetEntrants streams the frozen list that a draw picked from.
func (s *Service) GetEntrants(w http.ResponseWriter, r *http.Request) error {
	d, err := s.findDraw(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	if err := fairdraw.WriteEntrants(w, d.Record, d.List()); err != nil {
		s.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

// ListDraws lists all draws, in order.
func (s *Service) ListDraws(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.Sessions.Event(r)
	if err != nil {
		return err
	}
	snap, _ := rep.Snapshot()
	return s.answer(w, http.StatusOK, contract.Draws{Draws: kinds.Draws(snap.Draws)})
}

// ListFreezes lists all frozen lists, oldest first.
func (s *Service) ListFreezes(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.Sessions.Event(r)
	if err != nil {
		return err
	}
	snap, _ := rep.Snapshot()
	return s.answer(w, http.StatusOK, contract.Freezes{Freezes: kinds.Freezes(snap.Freezes)})
}
