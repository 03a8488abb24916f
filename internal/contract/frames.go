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
	T string `json:"t" jsonschema:"enum=entry"`
	// Any JSON; the acknowledgement repeats it.
	Ref json.RawMessage `json:"ref"`
	Entry
}

// Ack acknowledges an entry, once it is durable in the log and counted as status says.
type Ack struct {
	T string `json:"t" jsonschema:"enum=ack"`
	// As the entry's frame had it.
	Ref    json.RawMessage `json:"ref"`
	Status string          `json:"status" jsonschema:"enum=counted,enum=changed,enum=unchanged,enum=closed,enum=invalid,enum=retry"`
	// Of a raffle.
	Ticket string `json:"ticket,omitempty"`
	// retry: when to send it again.
	AfterMS int `json:"after_ms,omitempty"`
}

// State is sent first on every connection, and when something other than counts changed.
type State struct {
	T string `json:"t" jsonschema:"enum=state"`
	// Grows within a connection.
	Seq   uint64 `json:"seq"`
	Event Event  `json:"event"`
	// The view's page, the same for all of a view.
	HTML string `json:"html"`
	// To phones alone.
	You *You `json:"you,omitempty"`
}

// Tick is sent while counts move.
type Tick struct {
	T string `json:"t" jsonschema:"enum=tick"`
	// Grows within a connection.
	Seq uint64 `json:"seq"`
	// null where nothing is open or current.
	Activity *int  `json:"activity" jsonschema:"nullable"`
	Entries  int   `json:"entries,omitempty"`
	Counts   []int `json:"counts,omitempty"`
	// Phones that are connected, over all nodes.
	Connected int `json:"connected"`
	// Participants that ever joined.
	Joined int `json:"joined"`
}

// WonFrame is sent to the winner's own phone.
type WonFrame struct {
	T      string `json:"t" jsonschema:"enum=won"`
	Draw   int    `json:"draw"`
	Ticket string `json:"ticket"`
}

// You is what a state says to a phone about the phone itself. Maps are by activity.
type You struct {
	Handle string `json:"handle"`
	Name   string `json:"name,omitempty"`
	// Standing entries: of a poll the options, of a scale its one value.
	Entries map[int][]int `json:"entries"`
	// The highest n of any of its entries in present runs.
	N       uint32         `json:"n"`
	Tickets map[int]string `json:"tickets"`
	// Raffles in which it has checked in.
	Here []int `json:"here"`
	// From the freeze on: why the ticket cannot win.
	Unfit map[int]string `json:"unfit,omitempty"`
	Won   []Won          `json:"won"`
}

// Won is a standing win in a present run.
type Won struct {
	Activity int    `json:"activity"`
	Draw     int    `json:"draw"`
	Ticket   string `json:"ticket"`
	Prize    string `json:"prize,omitempty"`
	Claim    string `json:"claim" jsonschema:"enum=,enum=claiming,enum=claimed"`
	// To show to the host, once claimed.
	Code string `json:"code,omitempty"`
}
