package view

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"drumroll/internal/event"
	"drumroll/static"
	"drumroll/web/kinds"
	"drumroll/web/ui"
)

// The views of an event.
const (
	Phone  = "phone"
	Screen = "screen"
	Host   = "host"
)

// showMS is how long phones and screens hold a winner's name back, in
// milliseconds, while the drum rolls.
const showMS = 5000

// Maker makes view models.
type Maker struct {
	Files *static.Files
	Kinds *kinds.Node

	mu  sync.Mutex
	qrs map[string]ui.QR // of the few addresses that pages show: drawing one takes as long as a hundred frames
}

// Page is the frame of any page.
func (s *Maker) Page(view, title, code string) ui.Page {
	return ui.Page{View: view, Title: title, Code: code, ShowMS: showMS, Asset: s.Files.URL}
}

// EventPage is the frame of a page of an event; base is "" where it shows no address.
func (s *Maker) EventPage(view string, snap *event.Snapshot, base string) ui.Page {
	p := s.Page(view, snap.Title, snap.Code)
	p.Rehearsal, p.BaseURL = snap.Rehearsal, base
	return p
}

// Phone is what a phone shows of a snapshot that was cut to what it may see. Its one
// link is relative.
func (s *Maker) Phone(snap event.Snapshot, connected int, now time.Time) ui.Phone {
	return ui.Phone{Page: s.EventPage(Phone, &snap, ""), Event: shown(snap, connected, now)}
}

// Screen is what a projector shows of such a snapshot.
func (s *Maker) Screen(snap event.Snapshot, base string, connected int, now time.Time) (ui.Screen, error) {
	e, err := s.addressed(snap, base, connected, now)
	return ui.Screen{Page: s.EventPage(Screen, &snap, base), Event: e}, err
}

// Host is what a console shows.
func (s *Maker) Host(snap event.Snapshot, base string, connected int, now time.Time) (ui.Host, error) {
	e, err := s.addressed(snap, base, connected, now)
	return ui.Host{Page: s.EventPage(Host, &snap, base), Event: e, Kept: s.kept(snap)}, err
}

func shown(snap event.Snapshot, connected int, now time.Time) ui.Event {
	return ui.Event{Snapshot: snap, NowMs: uint64(now.UnixMilli()), Connected: connected, VerifyURL: "/" + snap.Code + "/verify"}
}

// addressed is an event with where to join it.
func (s *Maker) addressed(snap event.Snapshot, base string, connected int, now time.Time) (e ui.Event, err error) {
	e = shown(snap, connected, now)
	_, host, _ := strings.Cut(base, "://") // as people type it
	e.JoinURL, e.JoinHost, e.VerifyURL = base+"/"+snap.Code, host, base+e.VerifyURL
	if e.QR, err = s.JoinQR(e.JoinURL); err != nil {
		return e, err
	}
	e.VerifyQR, err = s.JoinQR(e.VerifyURL + freezeFragment(snap))
	return e, err
}

// freezeFragment carries the freeze on show into the page that checks draws: a phone
// that scans it before the draw has the whole hash, which no server hears of. "" where
// there is none.
func freezeFragment(snap event.Snapshot) string {
	if f := snap.ShownFreeze(); f != nil {
		return "#freeze=" + f.Hash.String()
	}
	return ""
}

// kept says how long an event is kept.
func (s *Maker) kept(snap event.Snapshot) ui.Kept {
	at, ok := s.Kinds.Expires(snap)
	if !ok {
		return ui.Kept{}
	}
	layout := "2 January 2006"
	if s.Kinds.Retention < 2*day {
		layout += ", 15:04" // by the server's clock, as the host's own
	}
	return ui.Kept{Until: at.Format(layout), After: inWords(s.Kinds.Retention)}
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
