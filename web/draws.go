package web

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
	"drumroll/web/ui"
)

// findDraw finds the draw that the path names.
func (s *Server) findDraw(r *http.Request) (*event.Draw, error) {
	rep, err := s.event(r)
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
		return nil, newProblem(http.StatusNotFound, "unknown", "No such draw", "The event has made no draw with this number yet.")
	}
	return d, nil
}

func (s *Server) getDraw(w http.ResponseWriter, r *http.Request) error {
	d, err := s.findDraw(r)
	if err != nil {
		return err
	}
	return s.answer(w, http.StatusOK, d.Record)
}

// getEntrants streams the frozen list that a draw picked from.
func (s *Server) getEntrants(w http.ResponseWriter, r *http.Request) error {
	d, err := s.findDraw(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	if err := fairdraw.WriteEntrants(w, d.Record, d.List()); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

type apiDraw struct {
	Draw     int      `json:"draw"`
	Activity int      `json:"activity"`
	Title    string   `json:"title"`
	Run      int      `json:"run"`
	Entrants int      `json:"entrants"`
	Winners  []string `json:"winners"` // tickets
	Names    []string `json:"names"`   // as shown
	Reason   string   `json:"reason,omitempty"`
	Prize    string   `json:"prize,omitempty"`
}

func drawsJSON(lines []event.DrawLine) []apiDraw {
	out := make([]apiDraw, len(lines))
	for i, d := range lines {
		out[i] = apiDraw{Draw: d.Number, Activity: d.Activity, Title: d.Title, Run: d.Run, Entrants: d.Entrants,
			Winners: []string{}, Names: d.Names, Reason: d.Reason, Prize: d.Prize}
		for _, t := range d.Winners {
			out[i].Winners = append(out[i].Winners, t.String())
		}
	}
	return out
}

func (s *Server) listDraws(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	snap, _ := rep.Snapshot()
	return s.answer(w, http.StatusOK, map[string]any{"draws": drawsJSON(snap.Draws)})
}

func (s *Server) exportJSON(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	var snap event.Snapshot
	records := []*fairdraw.Record{}
	rep.View(func(st *event.State) {
		snap = st.Snapshot()
		for n := range snap.Draws {
			records = append(records, st.Draw(n+1).Record)
		}
	})
	w.Header().Set("Content-Disposition", attachment(&snap, "json"))
	return s.answer(w, http.StatusOK, struct {
		Event   apiEvent           `json:"event"`
		Draws   []apiDraw          `json:"draws"`
		Records []*fairdraw.Record `json:"records"`
		Freezes []apiFreeze        `json:"freezes"`
	}{s.hostEventJSON(snap, s.room(rep).connected(), rep.Now()), drawsJSON(snap.Draws), records, freezesJSON(snap.Freezes)})
}

// exportCSV has one line per option of a poll, and per winner or voided ticket
// of a raffle.
func (s *Server) exportCSV(w http.ResponseWriter, _ *http.Request, rep *replica.Replica) error {
	snap, _ := rep.Snapshot()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", attachment(&snap, "csv"))
	out := csv.NewWriter(w)
	rows := [][]string{{"activity", "kind", "title", "run", "state", "entries", "option", "text", "count", "draw", "ticket", "handle", "note"}}
	for _, a := range snap.Activities {
		head := []string{strconv.Itoa(a.ID), a.Kind, cell(a.Title), strconv.Itoa(a.Run), a.State, strconv.Itoa(a.Entries)}
		row := func(rest ...string) { rows = append(rows, append(append([]string{}, head...), rest...)) }
		if p := a.Poll; p != nil {
			for i, o := range p.Options {
				row(ui.Letter(i), cell(o), strconv.Itoa(a.Counts[i]), "", "", "", "")
			}
		}
		if r := a.Raffle; r != nil {
			for _, win := range r.Winners {
				row("", "", "", strconv.Itoa(win.Draw), win.Ticket.String(), cell(win.Name), "won")
			}
			for _, v := range r.Voided {
				row("", "", "", strconv.Itoa(v.Draw), v.Ticket.String(), cell(v.Handle), cell("voided: "+v.Reason))
			}
			if len(r.Winners)+len(r.Voided) == 0 {
				row("", "", "", "", "", "", "")
			}
		}
	}
	if snap.Rehearsal {
		// Of events that are for real the columns stay as they are.
		for i := range rows {
			rows[i] = append(rows[i], "rehearsal")
		}
	}
	if err := out.WriteAll(rows); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
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

// cell keeps spreadsheets from taking a stranger's text for a formula
// (OWASP: CSV injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
