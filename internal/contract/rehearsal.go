package contract

// NewRehearsal answers who made a rehearsal.
type NewRehearsal struct {
	Created
	Phones int `json:"phones"` // How many simulated phones are on their way.
}

// Rehearsal is what the simulated crowd of a rehearsal does.
type Rehearsal struct {
	Of string `json:"of"` // Code of the event that it rehearses.
	// left: its time was up, or it could not come. elsewhere: it is at another node, which
	// alone knows its figures. none: the node was started again.
	State      string        `json:"state" jsonschema:"enum=here,enum=left,enum=elsewhere,enum=none"`
	Phones     int           `json:"phones"`             // Asked for.
	Connected  int           `json:"connected"`          // Simulated phones that are connected.
	Accepted   int64         `json:"accepted"`           // Entries that count.
	Refused    int64         `json:"refused"`            // Entries, joins and sockets that were refused; phones try again.
	Retried    int64         `json:"retried"`            // Entries that were sent again.
	PerSecond  float64       `json:"entries_per_second"` // Over the last two seconds or so.
	P99MS      float64       `json:"latency_p99_ms"`     // From a tap to its acknowledgement, for 99 % of them.
	Checks     int           `json:"checks"`             // Promises of the server's that every phone watches.
	Failed     []BrokenCheck `json:"failed"`             // Those that were broken.
	LeavesInMS int64         `json:"leaves_in_ms"`       // Until the crowd goes home by itself; 0: it is not here.
	Error      string        `json:"error,omitempty"`    // Why it could not come.
}

// BrokenCheck is a promise of the server's that was broken.
type BrokenCheck struct {
	Name    string `json:"name"`
	Failed  int    `json:"failed"` // How often.
	Example string `json:"example"`
}

// SelfTest is what a node was found to bear.
type SelfTest struct {
	Checks []SelfCheck `json:"checks"`
	Phones int         `json:"phones" jsonschema:"minimum=0"` // That there is room for by the limit that comes first; 0 with no limit known.
	Limit  string      `json:"limit" jsonschema:"enum=files,enum=memory,enum=sockets,enum=ports,enum="`
}

// SelfCheck is one thing that was looked at.
type SelfCheck struct {
	Name   string `json:"name" jsonschema:"enum=log,enum=address,enum=phones"`
	Status string `json:"status" jsonschema:"enum=ok,enum=warn,enum=fail"`
	Says   string `json:"says"` // In sentences.
}
