package contract

import "time"

// Event is an event as the caller may see it: without a host's credential no drafts,
// no hidden counts, and none of what is marked as the host's.
type Event struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	// Position in the event's log that this shows; opaque.
	Offset string `json:"offset"`
	People People `json:"people"`
	// Id of the activity that phones and screen show.
	Current    *int       `json:"current" jsonschema:"nullable"`
	Activities []Activity `json:"activities"`
	// Whether participants may give themselves a name.
	Names bool `json:"names"`
	// The event is a rehearsal: a copy of another one with a simulated crowd.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// How many draws were made so far.
	Draws int `json:"draws"`
	// Host only.
	Remotes []Remote `json:"remotes,omitempty"`
	// Host only: the newest participants with a name of their own.
	Named []Person `json:"named,omitempty"`
	// Host only. When the event and its results are removed, unless something is done in it
	// before; RFC 3339, to the second. Absent where they are kept until deleted.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// People counts participants.
type People struct {
	// Phones that are connected, over all nodes.
	Connected int `json:"connected"`
	// Participants that ever joined.
	Joined int `json:"joined"`
}

// Remote is a second device of the host's.
type Remote struct {
	ID    int    `json:"id"`
	Label string `json:"label"`
}

// Person is a participant with a name of their own, as the host sees them.
type Person struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Handle string `json:"handle"`
	// The handle is shown instead of the name.
	Hidden bool `json:"hidden"`
}

// The states of an activity. Which of them there are depends on its kind.
const (
	Draft    = "draft"
	Open     = "open"
	Closed   = "closed"
	Revealed = "revealed"
	Drawn    = "drawn"
)

// Who sees counts before they are revealed.
const (
	Live   = "live"   // everybody
	Hidden = "hidden" // the host
)

// Activity is one thing that the audience does in an event. Beside the members that all
// have, or several kinds share, it has those of its kind.
type Activity struct {
	ID    int    `json:"id"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
	// What can be chosen, option 0 first.
	Options []string `json:"options,omitempty"`
	// How many options one may choose.
	MaxChoices int `json:"max_choices,omitempty"`
	// Who sees counts before they are revealed: all from open on, or the host alone.
	Results string `json:"results,omitempty" jsonschema:"enum=live,enum=hidden"`
	State   string `json:"state" jsonschema:"enum=draft,enum=open,enum=closed,enum=revealed,enum=drawn"`
	// One opening of the activity; a reset starts the next.
	Run int `json:"run"`
	// Participants with a standing entry in this run.
	Entries int `json:"entries"`
	// Standing entries by option, or by point of the scale. Absent where the caller may not
	// see them, and in kinds that have none.
	Counts []int `json:"counts,omitempty"`
	// Milliseconds until it closes by itself; null: no countdown runs.
	ClosesInMS *int64 `json:"closes_in_ms" jsonschema:"nullable"`

	*Raffle
	*Scale
}

// Activity finds an activity by its id; nil where the event has none.
func (e *Event) Activity(id int) *Activity {
	for i := range e.Activities {
		if e.Activities[i].ID == id {
			return &e.Activities[i]
		}
	}
	return nil
}

// Created answers who made an event.
type Created struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	// At least 128 random bits; the log holds only its hash.
	HostKey   string `json:"host_key"`
	JoinURL   string `json:"join_url" jsonschema:"format=uri"`
	ScreenURL string `json:"screen_url" jsonschema:"format=uri"`
	// Opens the console; the key stands after #.
	HostURL string `json:"host_url" jsonschema:"format=uri"`
}

// NewRemote answers who made a remote.
type NewRemote struct {
	Remote
	// A host key that can be revoked.
	Key string `json:"key"`
	// Opens the console on the second device.
	URL string `json:"url" jsonschema:"format=uri"`
	QR  QR     `json:"qr"`
}

// QR is a URL as a QR code.
type QR struct {
	// Modules on a side, quiet zone included.
	Size int `json:"size"`
	// SVG path of the dark modules.
	Path string `json:"path"`
}

// Export is all results of an event: the event as its host sees it, and every draw.
type Export struct {
	Event   Event        `json:"event"`
	Draws   []Draw       `json:"draws"`
	Records []DrawRecord `json:"records"`
	Freezes []Freeze     `json:"freezes"`
}

// Problem says why a call was refused (RFC 9457).
type Problem struct {
	// urn:drumroll:problem:{code}
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// For programs.
	Code string `json:"code" jsonschema:"enum=unauthorized,enum=forbidden,enum=unknown,enum=method,enum=conflict,enum=closed,enum=too_large,enum=media_type,enum=invalid,enum=rate,enum=damaged,enum=internal,enum=overloaded,enum=arrivals,enum=retry,enum=leaving,enum=newer"`
	// As it truly is, where a command was refused.
	Activity *Activity `json:"activity,omitempty"`
}
