package arch_test

// rule is what a package may import beside the standard library.
type rule struct {
	ours   []string // packages of this module, without "drumroll/"
	theirs []string // modules of others
	// tests is what its test files may import besides ours and theirs.
	tests []string
}

const anything = "*"

// support is for test files of every package: contract suites and real servers.
var support = []string{"internal/eventlog/eventlogtest", "internal/redistest", "github.com/google/go-cmp"}

// logs are for tests of what runs on a Log: real ones, not mocks.
var logs = []string{"internal/eventlog", "internal/eventlog/filelog", "internal/eventlog/redislog", "github.com/redis/go-redis/v9"}

// beacons are for tests that need public randomness.
var beacons = []string{"internal/beacon", "internal/beacon/beacontest"}

// rules is the table of allowed imports, a line a package.
// A package that is not in it fails the test: say here what it may know.
var rules = map[string]rule{
	"cmd/drumroll": {ours: []string{anything}, theirs: []string{anything}, tests: []string{anything}},
	"static":       {},
	"web": {
		ours:   []string{"internal/beacon/source", "internal/contract", "internal/eventlog", "internal/metrics", "internal/replica", "internal/selftest", "static", "web/api", "web/crowd", "web/entries", "web/kinds", "web/live", "web/overload", "web/pages", "web/problem", "web/rehearsal", "web/session", "web/view"},
		theirs: []string{"github.com/go-chi/chi/v5"},
		tests:  append([]string{"github.com/coder/websocket", "github.com/google/go-cmp/cmp/cmpopts", "github.com/makiuchi-d/gozxing", "github.com/makiuchi-d/gozxing/qrcode", "golang.org/x/net/html", "internal/beacon", "internal/beacon/beacontest", "internal/contract/contracttest", "internal/event", "internal/fairdraw"}, logs...),
	},
	"web/api": {
		ours:   []string{"internal/contract", "internal/event", "internal/eventlog", "internal/fairdraw", "internal/replica", "web/entries", "web/kinds", "web/live", "web/overload", "web/problem", "web/session", "web/view"},
		theirs: []string{"github.com/go-chi/chi/v5"},
	},
	"web/crowd": {
		ours:   []string{"internal/contract", "internal/event", "internal/rehearse", "internal/replica", "web/problem", "web/session"},
		theirs: []string{"github.com/dustin/go-humanize"},
	},
	"web/entries": {
		ours: []string{"internal/event", "internal/eventlog", "internal/replica", "web/kinds", "web/overload", "web/problem", "web/session"},
	},
	"web/kinds": {
		ours: []string{"internal/beacon/source", "internal/contract", "internal/event", "internal/fairdraw", "internal/replica", "web/problem", "web/ui"},
	},
	"web/live": {
		ours:   []string{"internal/contract", "internal/event", "internal/eventlog", "internal/hub", "internal/metrics", "internal/replica", "internal/socket", "web/crowd", "web/entries", "web/kinds", "web/overload", "web/problem", "web/session", "web/ui", "web/view"},
		theirs: []string{"github.com/a-h/templ", "golang.org/x/time"},
		tests:  append([]string{"internal/fairdraw", "static"}, logs...),
	},
	"web/overload": {
		ours:   []string{"internal/event", "internal/hub", "web/problem"},
		theirs: []string{"golang.org/x/time"},
	},
	"web/pages": {
		ours:   []string{"internal/contract", "internal/event", "internal/replica", "web/api", "web/entries", "web/kinds", "web/live", "web/overload", "web/problem", "web/rehearsal", "web/session", "web/ui", "web/view"},
		theirs: []string{"github.com/a-h/templ"},
	},
	"web/problem": {
		ours:   []string{"internal/contract", "internal/event", "internal/eventlog", "internal/metrics", "internal/replica"},
		theirs: []string{"github.com/go-chi/chi/v5", "golang.org/x/time"},
	},
	"web/rehearsal": {
		ours:   []string{"internal/contract", "internal/event", "internal/eventlog", "internal/rehearse", "internal/replica", "internal/selftest", "web/api", "web/crowd", "web/kinds", "web/live", "web/overload", "web/problem", "web/session", "web/ui"},
		theirs: []string{"github.com/dustin/go-humanize"},
	},
	"web/session": {
		ours:   []string{"internal/event", "internal/eventlog", "internal/replica", "web/overload", "web/problem"},
		theirs: []string{"github.com/go-chi/chi/v5"},
	},
	"web/view": {
		ours:   []string{"internal/event", "static", "web/kinds", "web/ui"},
		theirs: []string{"github.com/boombuler/barcode"},
	},
	"web/ui": {
		ours:   []string{"internal/contract", "internal/event"},
		theirs: []string{"github.com/a-h/templ", "github.com/dustin/go-humanize"},
		tests:  []string{"golang.org/x/net", "static", "internal/fairdraw"},
	},
	// The outside contract: everybody may know it, and it knows nobody.
	"internal/contract":              {},
	"internal/wsclient":              {ours: []string{"internal/contract"}, theirs: []string{"github.com/coder/websocket"}},
	"internal/contract/contracttest": {ours: []string{"internal/contract"}, theirs: []string{"github.com/santhosh-tekuri/jsonschema/v6"}},
	"internal/contract/openapi":      {ours: []string{"internal/contract"}, theirs: []string{"github.com/invopop/jsonschema"}},
	"internal/beacon":                {theirs: []string{"github.com/cloudflare/circl"}, tests: beacons},
	"internal/beacon/source":         {ours: []string{"internal/beacon"}, tests: beacons},
	"internal/beacon/beacontest": {
		ours:   []string{"internal/beacon", "internal/beacon/source"},
		theirs: []string{"github.com/cloudflare/circl"},
	},
	"internal/event":    {ours: []string{"internal/beacon", "internal/fairdraw"}, tests: beacons},
	"internal/fairdraw": {ours: []string{"internal/beacon"}, theirs: []string{"golang.org/x/mod"}, tests: beacons},
	"internal/eventlog": {tests: logs},
	"internal/eventlog/filelog": {
		ours:   []string{"internal/eventlog"},
		theirs: []string{"golang.org/x/sys"},
	},
	"internal/eventlog/redislog": {
		ours:   []string{"internal/eventlog"},
		theirs: []string{"github.com/redis/go-redis/v9"},
	},
	"internal/eventlog/eventlogtest": {ours: []string{"internal/eventlog"}, theirs: []string{"github.com/google/go-cmp"}},
	"internal/replica":               {ours: []string{"internal/event", "internal/eventlog", "internal/metrics"}, tests: append([]string{"internal/fairdraw"}, logs...)},
	"internal/hub":                   {},
	"internal/socket":                {theirs: []string{"github.com/coder/websocket", "golang.org/x/sys"}},
	"internal/metrics": {
		ours:   []string{"internal/event"},
		theirs: []string{"github.com/prometheus/client_golang"},
	},
	"internal/redistest": {},
	"internal/nodetest":  {ours: []string{"internal/contract"}},
	"internal/openfiles": {},
	"internal/selftest": {
		ours:   []string{"internal/contract", "internal/eventlog", "internal/openfiles"},
		theirs: []string{"github.com/dustin/go-humanize"},
		tests:  logs,
	},
	// The crowd knows the outside contract alone; its tests show it the real server.
	"internal/rehearse": {
		ours:   []string{"internal/contract", "internal/openfiles", "internal/wsclient"},
		theirs: []string{"github.com/HdrHistogram/hdrhistogram-go", "golang.org/x/time"},
		tests:  append([]string{"github.com/coder/websocket", "web", "static", "internal/event", "internal/replica", "internal/metrics", "internal/nodetest"}, logs...),
	},
	"internal/storybook": {
		ours:   []string{"web/ui", "static", "internal/contract", "internal/event", "internal/fairdraw"},
		theirs: []string{"github.com/a-h/templ", "github.com/boombuler/barcode", "github.com/coder/websocket"},
	},
	"internal/arch": {},
	// The whole from outside: it starts the binary and imports nothing that runs in it.
	"internal/e2e": {
		ours: []string{"internal/contract", "internal/wsclient", "internal/nodetest", "internal/redistest", "internal/beacon/beacontest", "internal/rehearse"},
		theirs: []string{"github.com/google/go-cmp",
			"github.com/makiuchi-d/gozxing", "github.com/playwright-community/playwright-go"},
	},
	// Likewise, but for what reads a log that no node believes in any more: it
	// decodes records and does not fold them.
	"internal/faults": {
		ours: []string{"internal/contract", "internal/wsclient", "internal/nodetest", "internal/redistest", "internal/event", "internal/eventlog", "internal/eventlog/filelog",
			"internal/eventlog/redislog", "internal/eventlog/eventlogtest", "internal/fairdraw"},
		theirs: []string{"github.com/google/go-cmp", "golang.org/x/sys"},
	},
}

// pure packages decide alike on every node, so they may know neither clock nor
// chance nor the machine they run on.
var pure = []string{"internal/beacon", "internal/event", "internal/fairdraw"}

// impure are the imports that would let them.
var impure = []string{"time", "math/rand", "math/rand/v2", "crypto/rand", "os", "net", "net/http", "runtime", "maps"}

// vague are names that say nothing about what lives in a package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "misc", "models", "types", "services", "shared", "lib", "base"}
