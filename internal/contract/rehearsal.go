package contract

// NewRehearsal answers who made a rehearsal.
type NewRehearsal struct {
	Created
	// How many simulated phones are on their way.
	Phones int `json:"phones"`
}

// Rehearsal is what the simulated crowd of a rehearsal does.
type Rehearsal struct {
	// Code of the event that it rehearses.
	Of string `json:"of"`
	// left: its time was up, or it could not come. elsewhere: it is at another node, which
	// alone knows its figures. none: the node was started again.
	State string `json:"state" jsonschema:"enum=here,enum=left,enum=elsewhere,enum=none"`
	// Asked for.
	Phones int `json:"phones"`
	// Simulated phones that are connected.
	Connected int `json:"connected"`
	// Entries that count.
	Accepted int64 `json:"accepted"`
	// Entries, joins and sockets that were refused; phones try again.
	Refused int64 `json:"refused"`
	// Entries that were sent again.
	Retried int64 `json:"retried"`
	// Over the last two seconds or so.
	PerSecond float64 `json:"entries_per_second"`
	// From a tap to its acknowledgement, for 99 % of them.
	P99MS float64 `json:"latency_p99_ms"`
	// Promises of the server's that every phone watches.
	Checks int `json:"checks"`
	// Those that were broken.
	Failed []BrokenCheck `json:"failed"`
	// Until the crowd goes home by itself; 0: it is not here.
	LeavesInMS int64 `json:"leaves_in_ms"`
	// Why it could not come.
	Error string `json:"error,omitempty"`
}

// BrokenCheck is a promise of the server's that was broken.
type BrokenCheck struct {
	Name string `json:"name"`
	// How often.
	Failed  int    `json:"failed"`
	Example string `json:"example"`
}

// SelfTest is what a node was found to bear.
type SelfTest struct {
	Checks []SelfCheck `json:"checks"`
	// That there is room for by the limit that comes first; 0 with no limit known.
	Phones int    `json:"phones" jsonschema:"minimum=0"`
	Limit  string `json:"limit" jsonschema:"enum=files,enum=memory,enum=sockets,enum=ports,enum="`
}

// SelfCheck is one thing that was looked at.
type SelfCheck struct {
	Name   string `json:"name" jsonschema:"enum=log,enum=address,enum=phones"`
	Status string `json:"status" jsonschema:"enum=ok,enum=warn,enum=fail"`
	// In sentences.
	Says string `json:"says"`
}
