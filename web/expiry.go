package web

import (
	"strconv"
	"time"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// expires is when the Log forgets an event, if nothing more is done in it: false
// where it never does.
func (s *Server) expires(snap event.Snapshot) (time.Time, bool) {
	if s.cfg.Retention <= 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(snap.Ms)).Add(s.cfg.Retention), true
}

// hostEventJSON is an event as its host is shown it.
func (s *Server) hostEventJSON(snap event.Snapshot, connected int, now time.Time) apiEvent {
	e := eventJSON(snap, connected, now)
	if at, ok := s.expires(snap); ok {
		at = at.UTC().Truncate(time.Second)
		e.ExpiresAt = &at
	}
	return e
}

// keptModel says how long an event is kept.
func (s *Server) keptModel(snap event.Snapshot) ui.Kept {
	at, ok := s.expires(snap)
	if !ok {
		return ui.Kept{}
	}
	layout := "2 January 2006"
	if s.cfg.Retention < 2*day {
		layout += ", 15:04" // by the server's clock, as the host's own
	}
	return ui.Kept{Until: at.Format(layout), After: inWords(s.cfg.Retention)}
}

const day = 24 * time.Hour

// inWords is a duration as people say it: in days, hours or minutes, whichever is
// the largest that it has two of, rounded down.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{day, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}} {
		if d >= 2*unit.of {
			return strconv.Itoa(int(d/unit.of)) + " " + unit.name
		}
	}
	return strconv.Itoa(int(d/time.Second)) + " seconds"
}
