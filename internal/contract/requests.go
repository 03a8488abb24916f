package contract

// CreateEvent makes an event.
type CreateEvent struct {
	Title     string `json:"title" jsonschema:"minLength=1,maxLength=200"`
	CreateKey string `json:"create_key,omitempty"`                       // Where the server asks for one (--create-key); else 401.
	Names     bool   `json:"names,omitempty" jsonschema:"default=false"` // Whether participants may give themselves a name.
}

// ChangeEvent changes what is given.
type ChangeEvent struct {
	Title *string `json:"title,omitempty" jsonschema:"minLength=1,maxLength=200"`
	Names *bool   `json:"names,omitempty"`
}

// Command is the details of a verb.
type Command struct {
	Seconds *int `json:"seconds,omitempty" jsonschema:"minimum=1,maximum=86400"` // open (optional), extend (required)
	// draw, redraw: the number that the draw will have; another is 409 (a clicker pressed twice)
	Draw   int    `json:"draw,omitempty" jsonschema:"minimum=1"`
	Winner string `json:"winner,omitempty"`                                        // redraw, void: the ticket to give back; confirm: the ticket whose prize was handed over
	Reason string `json:"reason,omitempty" jsonschema:"minLength=1,maxLength=200"` // redraw, void (required)
}

// Results says who sees counts.
type Results struct {
	Results string `json:"results" jsonschema:"enum=live,enum=hidden"`
}

// Order is the activities in another order.
type Order struct {
	Activities []int `json:"activities"` // All ids, each once.
}

// Current chooses what phones and screen show.
type Current struct {
	ID *int `json:"id" jsonschema:"nullable"`
}

// AddRemote makes a key for a second device.
type AddRemote struct {
	Label string `json:"label" jsonschema:"minLength=1,maxLength=200"`
}

// ChangePerson hides or shows a chosen name.
type ChangePerson struct {
	Hidden *bool `json:"hidden"`
}

// Rehearse asks for a simulated crowd.
type Rehearse struct {
	Phones *int   `json:"phones,omitempty" jsonschema:"minimum=1,maximum=2000,default=150"` // A server with few open files takes fewer.
	Pace   string `json:"pace,omitempty" jsonschema:"enum=people,enum=calm,enum=at_once,default=people"`
}

// SpecPatch is what a spec may say, whatever the kind; all of it may be left out. Its schema
// is made of the specs of all kinds.
type SpecPatch struct{}
