package event

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"drumroll/internal/beacon"
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
	MaxPrizes     = 50
	// MaxDraws is the most draws a run can have: one chain element each.
	MaxDraws = fairdraw.ChainLength
)

// maxMs is the latest time that can be named: JavaScript's.
const maxMs = 8_640_000_000_000_000

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
	// Chain, in a raffle's open, is the public beacon that goes into each draw of
	// the run; none: no beacon.
	Chain *beacon.Chain `json:"chain,omitempty"`
	// Deadline, in a close by the clock, is the position of the record that set
	// the deadline which is meant; a close by the host has none.
	Deadline *Position `json:"deadline,omitempty"`

	Results string `json:"results,omitempty"` // results

	Draw   int            `json:"draw,omitempty"` // draw, redraw, arm: the number it will have; 0 = the next
	Run    int            `json:"run,omitempty"`  // open, draw, redraw, arm: the run that is meant
	Seed   *fairdraw.Hash `json:"seed,omitempty"` // draw, redraw: the next chain element
	Void   string         `json:"void,omitempty"` // redraw, arm of one, void: the ticket given back
	Reason string         `json:"reason,omitempty"`
	// Of a draw with a beacon: the round that was armed, signed.
	Round     uint64              `json:"round,omitempty"`
	Signature *fairdraw.Signature `json:"signature,omitempty"`

	Ticket string `json:"ticket,omitempty"` // claim, confirm

	Remote int    `json:"remote,omitempty"` // revoke
	Label  string `json:"label,omitempty"`  // remote
	Hash   *Key   `json:"hash,omitempty"`   // remote

	Person Participant `json:"person,omitempty"` // hide, claim
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
	CmdArm      = "arm"     // asks for a draw or redraw that waits for a round of the beacon
	CmdAbandon  = "abandon" // gives up a frozen list whose beacon cannot be had
	CmdSpent    = "spent"   // the log took back a freeze or draw of this run, or a later one
	CmdVoid     = "void"    // gives a winner's ticket back, with nobody drawn instead
	CmdClaim    = "claim"   // by the winner
	CmdConfirm  = "confirm" // by the host
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
	Of        string `json:"of,omitempty"` // code of the event that a rehearsal is for
	HostKey   Key    `json:"host_key"`     // SHA-256 of the host key
	Ms        uint64 `json:"ms"`           // the creating node's clock; a Redis create record's offset has no time
}

// Spec is what a host says of an activity.
type Spec struct {
	Kind       string   `json:"kind"`
	Title      string   `json:"title"`
	Options    []string `json:"options,omitempty"`
	MaxChoices int      `json:"max_choices,omitempty"`
	Results    string   `json:"results,omitempty"`
	Winners    int      `json:"winners,omitempty"`

	// Of raffles.
	Prizes []string `json:"prizes,omitempty"` // the run's k-th draw that is no redraw is for prize k
	// Once: whoever stands as a winner of another raffle of the event is passed over.
	Once         bool        `json:"once,omitempty"`
	Eligible     Eligibility `json:"eligible,omitzero"`
	ClaimSeconds int         `json:"claim_seconds,omitempty"` // shown to the winner; 0: no limit
	Beacon       bool        `json:"beacon,omitempty"`        // it must open with a beacon
}

// Eligibility says who can win, beside having entered. It is decided at the
// freeze, from the log.
type Eligibility struct {
	TookPart     int    `json:"took_part,omitempty"`     // has an entry in this activity's present run
	JoinedBefore uint64 `json:"joined_before,omitempty"` // the log's clock in ms
	CheckedIn    bool   `json:"checked_in,omitempty"`    // tapped "I'm here" in this run
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
		if len(s.Prizes) != 0 || s.Eligible != (Eligibility{}) || s.ClaimSeconds != 0 || s.Beacon {
			return invalid("a poll has no prizes, eligible, claim_seconds or beacon")
		}
		s.Once = false
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
		if len(s.Prizes) > MaxPrizes {
			return invalid("a raffle has at most %d prizes", MaxPrizes)
		}
		prizes := slices.Clone(s.Prizes)
		for i, p := range s.Prizes {
			if prizes[i], err = Text(fmt.Sprintf("prize %d", i+1), p); err != nil {
				return err
			}
		}
		s.Prizes = prizes
		if s.ClaimSeconds < 0 || s.ClaimSeconds > MaxSeconds {
			return invalid("claim_seconds must be 0 to %d", MaxSeconds)
		}
		if s.Eligible.TookPart < 0 || s.Eligible.JoinedBefore > maxMs {
			return invalid("eligible names no activity or time that can be")
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
