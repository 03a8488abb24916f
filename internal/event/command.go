package event

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"drumroll/internal/fairdraw"
)

// Limits of the outside contract (DESIGN section 4).
const (
	MaxText       = 200 // runes of a title, option, name, reason
	MaxOptions    = 50
	MaxActivities = 500
	MaxSeconds    = 86_400
	MaxWinners    = 1_000
	MaxRemotes    = 20
	// MaxDraws is the most draws a run can have: one chain element each.
	MaxDraws = fairdraw.ChainLength
)

// The kinds of activity.
const (
	Poll   = "poll"
	Raffle = "raffle"
)

// The states of an activity.
const (
	Draft    = "draft"
	Open     = "open"
	Closed   = "closed"
	Revealed = "revealed"
	Drawn    = "drawn"
)

// Who sees a poll's counts before the reveal.
const (
	Live   = "live"   // all, from open on
	Hidden = "hidden" // the host alone
)

// Command is one control record: a proposal that the fold accepts or refuses at
// its position. Type tells which of the other fields count.
type Command struct {
	Identity
	Type string `json:"t"`

	Create *Creation `json:"create,omitempty"` // create

	Title  *string `json:"title,omitempty"`  // settings
	Names  *bool   `json:"names,omitempty"`  // settings
	Hidden bool    `json:"hidden,omitempty"` // hide

	Spec     *Spec `json:"spec,omitempty"`     // add, edit
	Activity int   `json:"activity,omitempty"` // all that name one
	Order    []int `json:"order,omitempty"`    // order

	Seconds int `json:"seconds,omitempty"` // open (0: no limit), extend
	// Commitment is the end of the run's seed chain; a raffle's first open of a
	// run carries it.
	Commitment *fairdraw.Hash `json:"commitment,omitempty"`
	// Deadline, in a close by the clock, is the position of the record that set
	// the deadline which is meant; a close by the host has none.
	Deadline *Position `json:"deadline,omitempty"`

	Results string `json:"results,omitempty"` // results

	Draw   int            `json:"draw,omitempty"` // draw, redraw: the number it will have; 0 = the next
	Run    int            `json:"run,omitempty"`  // draw, redraw: the run the seed is for
	Seed   *fairdraw.Hash `json:"seed,omitempty"` // draw, redraw: the next chain element
	Void   string         `json:"void,omitempty"` // redraw: the ticket given back
	Reason string         `json:"reason,omitempty"`

	Remote int    `json:"remote,omitempty"` // revoke
	Label  string `json:"label,omitempty"`  // remote
	Hash   *Key   `json:"hash,omitempty"`   // remote

	Person Participant `json:"person,omitempty"` // hide
}

// The types of Command.
const (
	CmdCreate   = "create"   // the first record of every log
	CmdSettings = "settings" // title, names
	CmdAdd      = "add"
	CmdEdit     = "edit"
	CmdRemove   = "remove"
	CmdOrder    = "order"
	CmdCurrent  = "current"
	CmdOpen     = "open"
	CmdExtend   = "extend"
	CmdClose    = "close"
	CmdReveal   = "reveal"
	CmdReset    = "reset"
	CmdDraw     = "draw"
	CmdRedraw   = "redraw"
	CmdResults  = "results"
	CmdRemote   = "remote"
	CmdRevoke   = "revoke"
	CmdHide     = "hide"
	CmdDelete   = "delete" // the last record: what follows is the unlink
)

// Creation is what the first record says.
type Creation struct {
	Code      string `json:"code"`
	Title     string `json:"title"`
	Names     bool   `json:"names,omitempty"`
	Rehearsal bool   `json:"rehearsal,omitempty"`
	HostKey   Key    `json:"host_key"` // SHA-256 of the host key
	Ms        uint64 `json:"ms"`       // the creating node's clock; a Redis create record's offset has no time
}

// Spec is what a host says of an activity.
type Spec struct {
	Kind       string   `json:"kind"`
	Title      string   `json:"title"`
	Options    []string `json:"options,omitempty"`
	MaxChoices int      `json:"max_choices,omitempty"`
	Results    string   `json:"results,omitempty"`
	Winners    int      `json:"winners,omitempty"`
}

// Normalize trims texts, fills in defaults and returns a *Refusal (invalid)
// where the contract's limits are broken.
func (s *Spec) Normalize() error {
	var err error
	if s.Title, err = Text("title", s.Title); err != nil {
		return err
	}
	switch s.Kind {
	case Poll:
		if len(s.Options) < 1 || len(s.Options) > MaxOptions {
			return invalid("a poll takes 1 to %d options, not %d", MaxOptions, len(s.Options))
		}
		options := make([]string, len(s.Options))
		for i, o := range s.Options {
			if options[i], err = Text(fmt.Sprintf("option %d", i+1), o); err != nil {
				return err
			}
		}
		s.Options = options
		if s.MaxChoices == 0 {
			s.MaxChoices = 1
		}
		if s.MaxChoices < 1 || s.MaxChoices > len(s.Options) {
			return invalid("max_choices must be 1 to the number of options (%d)", len(s.Options))
		}
		if s.Results == "" {
			s.Results = Live
		}
		if s.Results != Live && s.Results != Hidden {
			return invalid("results must be %q or %q", Live, Hidden)
		}
		if s.Winners != 0 {
			return invalid("a poll has no winners")
		}
	case Raffle:
		if len(s.Options) != 0 || s.MaxChoices != 0 || s.Results != "" {
			return invalid("a raffle has no options, max_choices or results")
		}
		if s.Winners == 0 {
			s.Winners = 1
		}
		if s.Winners < 1 || s.Winners > MaxWinners {
			return invalid("winners must be 1 to %d", MaxWinners)
		}
	default:
		return invalid("kind must be %q or %q", Poll, Raffle)
	}
	return nil
}

// Text is s without white space around it; a *Refusal (invalid) where it is
// empty, longer than MaxText runes, no UTF-8 or has control characters.
func Text(what, s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", invalid("%s is empty", what)
	case !utf8.ValidString(s):
		return "", invalid("%s is not UTF-8", what)
	case utf8.RuneCountInString(s) > MaxText:
		return "", invalid("%s is longer than %d characters", what, MaxText)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", invalid("%s has control characters", what)
	}
	return s, nil
}

// Refusal is the fold's (or a validator's) no, with a sentence for people.
type Refusal struct {
	Code   RefusalCode
	Detail string
}

func (r *Refusal) Error() string { return r.Detail }

// RefusalCode sorts refusals.
type RefusalCode int

// The codes of a Refusal.
const (
	Conflict RefusalCode = iota + 1 // not possible in this state
	Unknown                         // names something that is not there
	Invalid                         // breaks a rule in itself
)

func invalid(format string, a ...any) *Refusal {
	return &Refusal{Invalid, fmt.Sprintf(format, a...)}
}

func conflict(format string, a ...any) *Refusal {
	return &Refusal{Conflict, fmt.Sprintf(format, a...)}
}
