package contract

// Join makes a participant.
type Join struct {
	Name string `json:"name,omitempty" jsonschema:"minLength=1,maxLength=200"` // Shown only where the event allows names.
}

// Joined is a fresh participant.
type Joined struct {
	Token string `json:"token"` // Valid in this event alone.
	Me
}

// Me is who a participant is.
type Me struct {
	Handle string `json:"handle" jsonschema:"example=Teal Otter 42"`
	Name   string `json:"name,omitempty"`
}

// Rename gives a participant a name of their own.
type Rename struct {
	Name string `json:"name" jsonschema:"minLength=1,maxLength=200"`
}

// Entry is what a participant submits to a run: a vote, a point of a scale, a ticket.
type Entry struct {
	Activity int   `json:"activity"`
	Choice   []int `json:"choice,omitempty" jsonschema:"minimum=0"` // poll: numbers of options, from 0.
	Value    *int  `json:"value,omitempty"`                         // scale: one of its points.
	// raffle: 16 random bytes in base64url that go into the ticket; else the server's.
	Nonce string `json:"nonce,omitempty" jsonschema:"minLength=22,maxLength=22"`
	Run   int    `json:"run,omitempty"` // The run that was seen; another is 409 closed.
	// Rising per participant and run: a lower one than the last is ignored.
	N uint32 `json:"n,omitempty" jsonschema:"minimum=0,maximum=4294967295"`
}

// What became of an entry that counts.
const (
	Counted   = "counted"
	Changed   = "changed"
	Unchanged = "unchanged"
)

// What became of an entry, of acknowledgements on a socket alone.
const (
	Late    = "closed"
	Invalid = "invalid"
	Retry   = "retry"
)

// Entered says what became of an entry. It is durable in the log.
type Entered struct {
	Status string `json:"status" jsonschema:"enum=counted,enum=changed,enum=unchanged"`
	Run    int    `json:"run"`
	Offset string `json:"offset"`           // Position in the log from which on it counts; opaque.
	Ticket string `json:"ticket,omitempty"` // Of a raffle.
}
