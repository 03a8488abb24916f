package contract

import "time"

// Event is an event as the caller may see it: without a host's credential no drafts,
// no hidden counts, and none of what is marked as the host's.
type Event struct {
	Code       string     `json:"code"`
	Title      string     `json:"title"`
	Offset     string     `json:"offset"` // Position in the event's log that this shows; opaque.
	People     People     `json:"people"`
	Current    *int       `json:"current" jsonschema:"nullable"` // Id of the activity that phones and screen show.
	Activities []Activity `json:"activities"`
	Names      bool       `json:"names"`               // Whether participants may give themselves a name.
	Rehearsal  bool       `json:"rehearsal,omitempty"` // The event is a rehearsal: a copy of another one with a simulated crowd.
	Draws      int        `json:"draws"`               // How many draws were made so far.
	Remotes    []Remote   `json:"remotes,omitempty"`   // Host only.
	Named      []Person   `json:"named,omitempty"`     // Host only: the newest participants with a name of their own.
	// Host only. When the event and its results are removed, unless something is done in it
	// before; RFC 3339, to the second. Absent where they are kept until deleted.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// People counts participants.
type People struct {
	Connected int `json:"connected"` // Phones that are connected, over all nodes.
	Joined    int `json:"joined"`    // Participants that ever joined.
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
	Hidden bool   `json:"hidden"` // The handle is shown instead of the name.
}

// Open is the state of an activity that takes entries.
const Open = "open"

// Who sees counts before they are revealed.
const (
	Live   = "live"   // everybody
	Hidden = "hidden" // the host
)

// Activity is one thing that the audience does in an event. Besides the members that all
// have, or several kinds share, it has those of its kind.
type Activity struct {
	ID         int      `json:"id"`
	Kind       string   `json:"kind"`
	Title      string   `json:"title"`
	Options    []string `json:"options,omitempty"`     // What can be chosen, option 0 first.
	MaxChoices int      `json:"max_choices,omitempty"` // How many options one may choose.
	// Who sees counts before they are revealed: all from open on, or the host alone.
	Results string `json:"results,omitempty" jsonschema:"enum=live,enum=hidden"`
	State   string `json:"state" jsonschema:"enum=draft,enum=open,enum=closed,enum=revealed,enum=drawn"`
	Run     int    `json:"run"`     // One opening of the activity; a reset starts the next.
	Entries int    `json:"entries"` // Participants with a standing entry in this run.
	// Standing entries by option, or by point of the scale. Absent where the caller may not
	// see them, and in kinds that have none.
	Counts     []int  `json:"counts,omitempty"`
	ClosesInMS *int64 `json:"closes_in_ms" jsonschema:"nullable"` // Milliseconds until it closes by itself; null: no countdown runs.

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
	Code      string `json:"code"`
	Title     string `json:"title"`
	HostKey   string `json:"host_key"` // At least 128 random bits; the log holds only its hash.
	JoinURL   string `json:"join_url" jsonschema:"format=uri"`
	ScreenURL string `json:"screen_url" jsonschema:"format=uri"`
	HostURL   string `json:"host_url" jsonschema:"format=uri"` // Opens the console; the key stands after #.
}

// NewRemote answers who made a remote.
type NewRemote struct {
	Remote
	Key string `json:"key"`                         // A host key that can be revoked.
	URL string `json:"url" jsonschema:"format=uri"` // Opens the console on the second device.
	QR  QR     `json:"qr"`
}

// QR is a URL as a QR code.
type QR struct {
	Size int    `json:"size"` // Modules on a side, quiet zone included.
	Path string `json:"path"` // SVG path of the dark modules.
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
	Type   string `json:"type"` // urn:drumroll:problem:{code}
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// For programs.
	Code     string    `json:"code" jsonschema:"enum=unauthorized,enum=forbidden,enum=unknown,enum=method,enum=conflict,enum=closed,enum=too_large,enum=media_type,enum=invalid,enum=rate,enum=damaged,enum=internal,enum=overloaded,enum=arrivals,enum=retry,enum=leaving,enum=newer"`
	Activity *Activity `json:"activity,omitempty"` // As it truly is, where a command was refused.
}
