package ui

import (
	"drumroll/internal/contract"
	"drumroll/internal/event"
)

// The view models: the fold's public views, and around them what package web
// adds. Nothing here reads a log, a clock or a request. A model holds only what its
// reader may see: hidden tallies and drafts never get into a Phone or a Screen.

// Page is what every full page needs around its fragment.
type Page struct {
	View    string // "start", "phone", "screen", "host", "verify", "error"; also <body data-view>
	Title   string // document title, without the product's name
	Code    string // the event's code, or ""
	BaseURL string // absolute, without trailing slash: "https://drumroll.example"
	// ShowMS is the length of the draw's show on phones and screens; 0 means 5000.
	ShowMS int
	// Rehearsal: the page is of an event that is a rehearsal.
	Rehearsal bool
	Asset     Assets // URLs of the built files; nil for their plain names
	Theme     string // "light" or "dark" forces it (storybook); "" follows the device
}

// Event is one event as one view may see it: the fold's picture of it, cut to what
// that viewer may see, and what only the node knows.
type Event struct {
	event.Snapshot
	NowMs     uint64 // the log's clock at rendering; browsers count on from there
	Connected int
	JoinURL   string // "https://drumroll.example/K7QX4M"
	JoinHost  string // what people type: "drumroll.example" or "192.168.1.5:8080"
	VerifyURL string
	QR        QR // of JoinURL
	VerifyQR  QR // of VerifyURL with the freeze on show; zero on phones
}

// onShow is the activity that phones and screen show; nil between activities.
func (e *Event) onShow() *event.Activity {
	for _, a := range e.activities() {
		if a.ID == e.Current {
			return a
		}
	}
	return nil
}

// activities are those that can be shown: of the kinds that this package knows.
func (e *Event) activities() []*event.Activity {
	var known []*event.Activity
	for i := range e.Activities {
		if kinds[e.Activities[i].Kind] != nil {
			known = append(known, &e.Activities[i])
		}
	}
	return known
}

// msUntil is how long it is until a time of the log's clock; below 0: it is over.
func (e *Event) msUntil(ms uint64) int64 { return int64(ms) - int64(e.NowMs) }

// closesIn is the time left of a countdown that runs; false where none does.
func (e *Event) closesIn(a *event.Activity) (ms int64, runs bool) {
	if a.State != event.Open || a.DeadlineMs == 0 {
		return 0, false
	}
	return max(0, e.msUntil(a.DeadlineMs)), true
}

// QR is a QR code as one SVG path over Size×Size modules (quiet zone included).
type QR struct {
	Size int
	Path string
}

// Phone is the audience's view. In frames You is zero: what is personal is put
// in by the client from the frame's "you".
type Phone struct {
	Page  Page
	Event Event
	You   event.You // the zero value is a stranger
	// Notice is a sentence about the form just posted without JavaScript
	// ("Counted.", "Not counted: voting closed."), or "".
	Notice string
}

// Screen is the projector's view.
type Screen struct {
	Page  Page
	Event Event
}

// Host is the presenter's console.
type Host struct {
	Page    Page
	Event   Event
	HostURL string // with #key; only on the full page of the main host, never in a frame
	// Crowd is what a rehearsal's simulated crowd does; nil of an event for real.
	Crowd *contract.Rehearsal
	// Rehearse offers a rehearsal, or of one more phones; only on the full page of
	// the main host.
	Rehearse *RehearseForm
	Kept     Kept
}

// Kept says how long an event is kept; the zero value means until it is deleted.
type Kept struct {
	Until string // a date in words
	After string // how long that is after the last activity, in words
}

// RehearseForm asks for a crowd.
type RehearseForm struct {
	Phones  int    // to begin with
	Most    int    // that this node simulates
	Present string // code of a rehearsal of the event that this browser hosts, or ""
}

// Start is the front page.
type Start struct {
	Page       Page
	Hosted     []Hosted // events that this browser hosts
	NeedKey    bool     // creating asks for the create key
	JoinError  string
	HostError  string
	JoinCode   string // as typed, to be kept next to its error
	EventTitle string // as typed
}

// Hosted is one event that this browser hosts.
type Hosted struct {
	Code, Title string
	Joined      int
	Activities  int
	Rehearsal   bool
}

// Unlock asks for the host key of an event.
type Unlock struct {
	Page  Page
	Title string
	Error string
}

// Problem is an error page.
type Problem struct {
	Page   Page
	Status int
	Title  string // "No event K7QX4M"
	Detail string // what happened and what to do next
}
