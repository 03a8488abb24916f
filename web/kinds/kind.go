package kinds

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"drumroll/internal/beacon/source"
	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/problem"
)

// kind is what the API asks of a kind of activity. Its value is empty.
type kind interface {
	// spec lays what a body gives over a spec of this kind.
	spec(body []byte, on event.Spec) (event.Spec, error)
	// verbs are those that other kinds do not have, or not in this form.
	verbs() map[string]verb
	// form adds to an entry what a phone's form says.
	form(fields url.Values, e *event.Entry) error
	// show adds the kind's part to an activity.
	show(a *event.Activity, now time.Time, out *contract.Activity)
	// rows are its lines in a table, from column "option" on.
	rows(a *event.Activity) [][]string
}

var kinds = map[string]kind{
	contract.KindPoll:   poll{},
	contract.KindRaffle: raffle{},
	contract.KindScale:  scale{},
}

// Call is a verb that a host wants done.
type Call struct {
	Replica  *replica.Replica
	Activity *event.Activity
	Verb     string
	Details  contract.Command
}

// verb makes the command of a call, which comes with type and activity, complete.
type verb func(n *Node, call *Call, c *event.Command) error

// common are the verbs that all kinds have.
var common = map[string]verb{
	event.CmdOpen:   openFor,
	event.CmdExtend: extend,
	event.CmdClose:  asItIs,
	event.CmdReset:  asItIs,
}

// voting is what kinds share whose result is revealed.
type voting struct{}

func (voting) verbs() map[string]verb { return map[string]verb{event.CmdReveal: asItIs} }

func asItIs(*Node, *Call, *event.Command) error { return nil }

func openFor(_ *Node, call *Call, c *event.Command) error {
	if call.Details.Seconds == nil {
		return nil
	}
	return extend(nil, call, c)
}

func extend(_ *Node, call *Call, c *event.Command) error {
	if call.Details.Seconds != nil {
		c.Seconds = *call.Details.Seconds
	}
	if c.Seconds < 1 || c.Seconds > event.MaxSeconds {
		return problem.Invalid("seconds must be 1 to %d.", event.MaxSeconds)
	}
	return nil
}

// Node is what kinds need to know of their node.
type Node struct {
	SigningKey   []byte         // 32 bytes
	Beacon       *source.Source // of raffles with public randomness
	BeaconAlways bool           // every raffle has it
	Retention    time.Duration  // of an event after its last activity; 0: for ever
}

// Command makes the command of a call. A verb of another kind goes to the fold, which
// refuses it and says in which state the activity is. Errors: a *problem.Problem, a
// *event.Refusal.
func (n *Node) Command(call *Call) (*event.Command, error) {
	c := &event.Command{Type: call.Verb, Activity: call.Activity.ID}
	do := kinds[call.Activity.Kind].verbs()[call.Verb]
	if do == nil {
		do = common[call.Verb]
	}
	if do == nil && slices.ContainsFunc(slices.Collect(maps.Values(kinds)), func(k kind) bool { return k.verbs()[call.Verb] != nil }) {
		do = asItIs
	}
	if do == nil {
		return nil, problem.New(http.StatusNotFound, "unknown", "No such verb", "Verbs are open, extend, close, reveal, reset, draw, redraw, void, confirm and abandon.")
	}
	if err := do(n, call, c); err != nil {
		return nil, err
	}
	return c, nil
}

// Spec lays what a body gives over a spec, and normalizes it. Errors: a
// *problem.Problem, a *event.Refusal.
func Spec(body []byte, on event.Spec) (event.Spec, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(body, &given); err != nil {
		return on, problem.Malformed(err)
	}
	name := on.Kind
	if raw, ok := given["kind"]; ok {
		if err := json.Unmarshal(raw, &name); err != nil {
			return on, problem.Invalid("%q must be a string.", "kind")
		}
	}
	if name != on.Kind {
		on = event.Spec{Kind: name, Title: on.Title}
	}
	if k, ok := kinds[name]; ok {
		if member := foreign(name, given); member != "" {
			return on, problem.Invalid("A %s has no %s.", name, member)
		}
		var err error
		if on, err = k.spec(body, on); err != nil {
			return on, err
		}
	}
	return on, on.Normalize() // which refuses what is no kind
}

// foreign finds a member of the given ones that only specs of other kinds have; ""
// where there is none.
func foreign(name string, given map[string]json.RawMessage) string {
	specs := contract.Specs()
	own := members(specs[name])
	for _, other := range slices.Sorted(maps.Keys(specs)) {
		for _, member := range members(specs[other]) {
			if _, ok := given[member]; ok && !slices.Contains(own, member) {
				return member
			}
		}
	}
	return ""
}

// members are the JSON members of a struct.
func members(of any) (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// unmarshal reads a spec's body.
func unmarshal(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return problem.Malformed(err)
	}
	return nil
}

// Form reads the hidden and named fields of the form of an activity of the given
// kind.
func Form(kind string, fields url.Values) (*event.Entry, error) {
	e := new(event.Entry)
	var err error
	if e.Activity, err = number(fields.Get("activity")); err != nil {
		return nil, err
	}
	if run := fields.Get("run"); run != "" {
		if e.Run, err = number(run); err != nil {
			return nil, err
		}
	}
	if k, ok := kinds[kind]; ok {
		err = k.form(fields, e)
	}
	return e, err
}

// number reads a field of a form. Errors: problem.InvalidEntry.
func number(field string) (int, error) {
	n, err := strconv.Atoi(field)
	if err != nil {
		return 0, problem.InvalidEntry
	}
	return n, nil
}

// Rows are the lines of an activity in a table, with these columns: activity, kind,
// title, run, state, entries, option, text, count, draw, ticket, handle, note.
func Rows(a *event.Activity) (rows [][]string) {
	head := []string{strconv.Itoa(a.ID), a.Kind, cell(a.Title), strconv.Itoa(a.Run), a.State, strconv.Itoa(a.Entries)}
	for _, rest := range kinds[a.Kind].rows(a) {
		rows = append(rows, slices.Concat(head, rest))
	}
	return rows
}

// cell keeps spreadsheets from taking a stranger's text for a formula
// (OWASP: CSV injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// Activity is an activity in the contract's JSON.
func Activity(a *event.Activity, now time.Time) contract.Activity {
	out := contract.Activity{ID: a.ID, Kind: a.Kind, Title: a.Title, State: a.State, Run: a.Run, Entries: a.Entries, Counts: a.Counts, Results: a.Results}
	if a.DeadlineMs != 0 {
		left := max(0, int64(a.DeadlineMs)-now.UnixMilli())
		out.ClosesInMS = &left
	}
	kinds[a.Kind].show(a, now, &out)
	return out
}
