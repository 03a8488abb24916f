package web

import (
	"time"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// models.go puts what only the node knows around the fold's public views.

func (s *Server) pageModel(view, title, code string) ui.Page {
	return ui.Page{View: view, Title: title, Code: code, ShowMS: showMS, Asset: s.cfg.Files.URL}
}

// eventPage is the frame of a page of an event.
func (s *Server) eventPage(view string, snap *event.Snapshot) ui.Page {
	p := s.pageModel(view, snap.Title, snap.Code)
	p.Rehearsal = snap.Rehearsal
	return p
}

// eventModel takes a snapshot that was cut to what the viewer may see. base is
// "" where the view shows no address; its one link is then relative.
func (s *Server) eventModel(snap event.Snapshot, base string, connected int, now time.Time) (ui.Event, error) {
	e := ui.Event{Snapshot: snap, NowMs: uint64(now.UnixMilli()), Connected: connected, VerifyURL: "/" + snap.Code + "/verify"}
	if base == "" {
		return e, nil
	}
	e.JoinURL, e.JoinHost, e.VerifyURL = base+"/"+snap.Code, typed(base), base+e.VerifyURL
	var err error
	if e.QR, err = s.qrs.join(e.JoinURL); err != nil {
		return e, err
	}
	e.VerifyQR, err = s.qrs.join(e.VerifyURL)
	return e, err
}

func (s *Server) hostModel(snap event.Snapshot, base string, connected int, now time.Time) (ui.Host, error) {
	e, err := s.eventModel(snap, base, connected, now)
	return ui.Host{Event: e, Kept: s.keptModel(snap)}, err
}
