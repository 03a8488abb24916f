package event

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"drumroll/internal/beacon"
	"drumroll/internal/fairdraw"
)

// Limits of the outside contract.
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

// The states of an activity.
const (
	Draft    = "draft"
	Open     = "open"
	Closed   = "closed"
	Revealed = "revealed"
	Drawn    = "drawn"
)

// Who sees the counts before the reveal.
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
	Run    int            `json:"run,omitempty"`  // open, draw, redraw, arm, freeze: the run that is meant
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
	CmdFreeze   = "freeze"  // of a closed raffle: freezes the list again, since others have won elsewhere
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
