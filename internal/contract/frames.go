package contract

import "encoding/json"

// The types of frames.
const (
	FrameEntry = "entry"
	FrameAck   = "ack"
	FrameState = "state"
	FrameTick  = "tick"
	FrameWon   = "won"
)

// EntryFrame is an entry on a phone's socket.
type EntryFrame struct {
	T   string          `json:"t" jsonschema:"enum=entry"`
	Ref json.RawMessage `json:"ref"` // Any JSON; the acknowledgement repeats it.
	Entry
}

// Ack acknowledges an entry, once it is durable in the log and counted as status says.
type Ack struct {
	T       string          `json:"t" jsonschema:"enum=ack"`
	Ref     json.RawMessage `json:"ref"` // As the entry's frame had it.
	Status  string          `json:"status" jsonschema:"enum=counted,enum=changed,enum=unchanged,enum=closed,enum=invalid,enum=retry"`
	Ticket  string          `json:"ticket,omitempty"`   // Of a raffle.
	AfterMS int             `json:"after_ms,omitempty"` // retry: when to send it again.
}

// State is sent first on every connection, and when something other than counts changed.
type State struct {
	T     string `json:"t" jsonschema:"enum=state"`
	Seq   uint64 `json:"seq"` // Grows within a connection.
	Event Event  `json:"event"`
	HTML  string `json:"html"`          // The view's page, the same for all of a view.
	You   *You   `json:"you,omitempty"` // To phones alone.
}

// Tick is sent while counts move.
type Tick struct {
	T         string   `json:"t" jsonschema:"enum=tick"`
	Seq       uint64   `json:"seq"`                            // Grows within a connection.
	Activity  *int     `json:"activity" jsonschema:"nullable"` // null where nothing is open or current.
	Entries   int      `json:"entries,omitempty"`
	Counts    []int    `json:"counts,omitempty"`
	Mean      *float64 `json:"mean,omitempty"` // Of a scale.
	Connected int      `json:"connected"`      // Phones that are connected, over all nodes.
	Joined    int      `json:"joined"`         // Participants that ever joined.
}

// WonFrame is sent to the winner's own phone.
type WonFrame struct {
	T      string `json:"t" jsonschema:"enum=won"`
	Draw   int    `json:"draw"`
	Ticket string `json:"ticket"`
}

// You is what a state says to a phone about the phone itself. Maps are by activity.
type You struct {
	Handle  string         `json:"handle"`
	Name    string         `json:"name,omitempty"`
	Entries map[int][]int  `json:"entries"` // Standing entries: of a poll the options, of a scale its one value.
	N       uint32         `json:"n"`       // The highest n of any of its entries in present runs.
	Tickets map[int]string `json:"tickets"`
	// Of the open raffles, in hex: what the ticket is made of together with the nonce. Keep
	// it before the nonce is chosen; it never changes within a run.
	Pseudonyms map[int]string `json:"pseudonyms,omitempty"`
	Here       []int          `json:"here"`            // Raffles in which it has checked in.
	Unfit      map[int]string `json:"unfit,omitempty"` // From the freeze on: why the ticket cannot win.
	Won        []Won          `json:"won"`
}

// Won is a standing win in a present run.
type Won struct {
	Activity int    `json:"activity"`
	Draw     int    `json:"draw"`
	Ticket   string `json:"ticket"`
	Prize    string `json:"prize,omitempty"`
	Claim    string `json:"claim" jsonschema:"enum=,enum=claiming,enum=claimed"`
	Code     string `json:"code,omitempty"` // To show to the host, once claimed.
}
