package api

import (
	"encoding/csv"
	"net/http"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/problem"
)

// findDraw finds the draw that the path names.
func findDraw(r *http.Request, rep *replica.Replica) (*event.Draw, error) {
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
func (s *Service) GetDraw(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	d, err := findDraw(r, rep)
	if err != nil {
		return err
	}
	return s.Answers.JSON(w, http.StatusOK, d.Record)
}

// GetEntrants streams the frozen list that a draw picked from.
func (s *Service) GetEntrants(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	d, err := findDraw(r, rep)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	if err := fairdraw.WriteEntrants(w, d.Record, d.List()); err != nil {
		s.Answers.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

// ListDraws lists all draws, in order.
func (s *Service) ListDraws(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	return s.Answers.JSON(w, http.StatusOK, contract.Draws{Draws: kinds.Draws(snap.Draws)})
}

// ListFreezes lists all frozen lists, oldest first.
func (s *Service) ListFreezes(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	return s.Answers.JSON(w, http.StatusOK, contract.Freezes{Freezes: kinds.Freezes(snap.Freezes)})
}

// ExportJSON is all results of an event.
func (s *Service) ExportJSON(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var snap event.Snapshot
	records := []*fairdraw.Record{}
	rep.View(func(st *event.State) {
		snap = st.Snapshot()
		for n := range snap.Draws {
			records = append(records, st.Draw(n+1).Record)
		}
	})
	w.Header().Set("Content-Disposition", attachment(&snap, "json"))
	return s.Answers.JSON(w, http.StatusOK, struct {
		Event   contract.Event     `json:"event"`
		Draws   []contract.Draw    `json:"draws"`
		Records []*fairdraw.Record `json:"records"`
		Freezes []contract.Freeze  `json:"freezes"`
	}{s.Kinds.HostEvent(snap, s.Live.Connected(rep), rep.Now()), kinds.Draws(snap.Draws), records, kinds.Freezes(snap.Freezes)})
}

// ExportCSV is a table: of each activity the lines that its kind has.
func (s *Service) ExportCSV(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", attachment(&snap, "csv"))
	out := csv.NewWriter(w)
	rows := [][]string{{"activity", "kind", "title", "run", "state", "entries", "option", "text", "count", "draw", "ticket", "handle", "note"}}
	for i := range snap.Activities {
		rows = append(rows, kinds.Rows(&snap.Activities[i])...)
	}
	if snap.Rehearsal {
		// Of events that are for real the columns stay as they are.
		for i := range rows {
			rows[i] = append(rows[i], "rehearsal")
		}
	}
	if err := out.WriteAll(rows); err != nil {
		s.Answers.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

// attachment names an export's file; a rehearsal's says so.
func attachment(snap *event.Snapshot, kind string) string {
	name := "drumroll-" + snap.Code
	if snap.Rehearsal {
		name = "drumroll-rehearsal-" + snap.Code
	}
	return `attachment; filename="` + name + "." + kind + `"`
}
