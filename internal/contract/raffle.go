package contract

import (
	"encoding/json"
	"errors"
	"time"
)

// KindRaffle is a list of tickets from which winners are drawn.
const KindRaffle = "raffle"

// Raffle is what only activities of kind raffle have.
type Raffle struct {
	WinnersWanted int      `json:"winners_wanted"` // Drawn at once by one draw.
	Winners       []Winner `json:"winners"`
	Voided        []Voided `json:"voided"`
	Shortfall     int      `json:"shortfall"`            // Winners that the newest draw wanted and did not find.
	LastDraw      int      `json:"last_draw,omitempty"`  // Number of this run's newest draw.
	CanWin        int      `json:"can_win"`              // Frozen entrants who can still win.
	Commitment    string   `json:"commitment,omitempty"` // Hash of the secret that the draws come from, shown before the first entry.
	// Everything that was fixed before the next draw; absent for the moment that it takes
	// to compute.
	Freeze       *FreezeFacts `json:"freeze,omitempty"`
	Fingerprint  string       `json:"fingerprint,omitempty"` // First 128 bits of the freeze's hash, in eight groups of four digits.
	Prizes       []string     `json:"prizes"`
	NextPrize    int          `json:"next_prize,omitempty"`  // Which of prizes the next draw is for, from 1; absent where none is left.
	Again        bool         `json:"winners_may_win_again"` // A winner of another raffle of the event can win here too.
	Eligible     Eligible     `json:"eligible"`
	ClaimSeconds int          `json:"claim_seconds"`          // Seconds that a winner has to claim; 0: no limit.
	Beacon       bool         `json:"beacon"`                 // A public beacon's randomness goes into each draw.
	BeaconChain  string       `json:"beacon_chain,omitempty"` // Hash of the beacon's chain, from open on.
	Round        uint64       `json:"round,omitempty"`        // The beacon's round that the freeze names, for the first draw from it.
	RoundAtMS    uint64       `json:"round_at_ms,omitempty"`  // When that round is due, Unix time in ms.
	Pending      *Pending     `json:"pending,omitempty"`
	Abandoned    bool         `json:"abandoned,omitempty"` // The frozen list was given up in public; only a reset goes on.
}

// Eligible says who of a raffle's list can win. It is decided at the freeze, from the log.
type Eligible struct {
	TookPart     int    `json:"took_part,omitempty"`     // The activity that one must have taken part in.
	JoinedBefore uint64 `json:"joined_before,omitempty"` // Unix time in ms: who joined then or later cannot win.
	CheckedIn    bool   `json:"checked_in,omitempty"`    // Only who checked in while the raffle was open can win.
}

// Pending is a draw that was asked for and waits for its round of the beacon.
type Pending struct {
	Draw         int    `json:"draw"` // Number that it will have, unless another raffle is drawn before.
	Round        uint64 `json:"round"`
	AtMS         uint64 `json:"at_ms"`     // When the round is due, Unix time in ms.
	DueInMS      int64  `json:"due_in_ms"` // Below 0: overdue.
	Prize        string `json:"prize,omitempty"`
	Redraw       string `json:"redraw,omitempty"`        // Ticket given back.
	WaitingSince uint64 `json:"waiting_since,omitempty"` // Unix time in ms; where the round is overdue and is not available yet.
}

// Winner is a standing winner of a draw.
type Winner struct {
	Handle          string `json:"handle"`
	Ticket          string `json:"ticket"` // In hex; phone and screen show its first digits.
	Draw            int    `json:"draw"`
	Name            string `json:"name,omitempty"`   // Of the participant's own choosing, where allowed and not hidden.
	Person          string `json:"person,omitempty"` // Host only: the participant's id.
	Prize           string `json:"prize,omitempty"`
	Claim           string `json:"claim" jsonschema:"enum=,enum=claiming,enum=claimed"`
	Code            string `json:"code,omitempty"`               // Host only: what the winner's phone shows once it claims.
	ClaimClosesInMS *int64 `json:"claim_closes_in_ms,omitempty"` // While a time to claim runs; 0: it is over.
}

// Voided is a winner whose ticket was given back.
type Voided struct {
	Winner
	Reason string `json:"reason"`
}

// RaffleSpec describes a raffle to add.
type RaffleSpec struct {
	Kind    string `json:"kind" jsonschema:"enum=raffle"`
	Title   string `json:"title" jsonschema:"minLength=1,maxLength=200"`
	Winners int    `json:"winners,omitempty" jsonschema:"minimum=1,default=1"` // Drawn at once by one draw.
	// The k-th draw of a run that is no redraw is for prize k.
	Prizes []string `json:"prizes,omitempty" jsonschema:"maxItems=50,minLength=1,maxLength=200"`
	// Else a winner of another raffle of the event is passed over.
	Again    bool          `json:"winners_may_win_again,omitempty" jsonschema:"default=false"`
	Eligible *EligibleSpec `json:"eligible,omitempty"`
	// Time that a winner has to claim, shown to them and the host; nothing is drawn by
	// itself. 0: no limit.
	ClaimSeconds int  `json:"claim_seconds,omitempty" jsonschema:"minimum=0,maximum=86400,default=0"`
	Beacon       bool `json:"beacon,omitempty" jsonschema:"default=false"` // A public beacon's randomness goes into each draw. Fixed at the open.
}

// EligibleSpec says who can win. It is decided at the freeze, from the log. Who cannot win
// stays in the list and is passed over in the open.
type EligibleSpec struct {
	TookPart     int     `json:"took_part,omitempty"`     // The activity that one must have taken part in.
	JoinedBefore Instant `json:"joined_before,omitempty"` // Who joins then or later cannot win.
	CheckedIn    bool    `json:"checked_in,omitempty"`    // Only who checks in while the raffle is open can win.
}

// ErrInstant says that an Instant is neither milliseconds nor RFC 3339.
var ErrInstant = errors.New("joined_before must be a time, in milliseconds or as RFC 3339: 2026-11-23T20:15:00Z")

// Instant is a point in time: milliseconds since the Unix epoch. It may be sent as RFC 3339
// as well.
type Instant uint64

// UnmarshalJSON reads milliseconds, or a string of RFC 3339.
func (i *Instant) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		return json.Unmarshal(data, (*uint64)(i))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.UnixMilli() < 0 {
		return ErrInstant
	}
	*i = Instant(at.UnixMilli())
	return nil
}

// Draw is one draw of an event, without what is needed to check it.
type Draw struct {
	Draw     int      `json:"draw"` // Draws are numbered 1, 2, … through the event.
	Activity int      `json:"activity"`
	Title    string   `json:"title"`
	Run      int      `json:"run"`
	Entrants int      `json:"entrants"`                    // Size of the list that it picked from.
	Winners  []string `json:"winners"`                     // Their tickets.
	Names    []string `json:"names" jsonschema:"nullable"` // Of the winners, as they are shown.
	Reason   string   `json:"reason,omitempty"`            // Of a redraw.
	Prize    string   `json:"prize,omitempty"`
}

// DrawRecord is one draw with all that is needed to check it alone, as
// docs/draw-record.schema.json of the source describes; docs/FAIR-DRAW.md says how.
type DrawRecord struct{ json.RawMessage }

// Draws answers with all draws, in order.
type Draws struct {
	Draws []Draw `json:"draws"`
}

// FreezeFacts is everything that is fixed before a draw, as it stands in the draw's record.
// docs/FAIR-DRAW.md of the source says how to compute its hash.
type FreezeFacts struct {
	Hash       string        `json:"hash"`  // Of all the other members, in hex.
	Event      string        `json:"event"` // The event's uid, in hex.
	Activity   int           `json:"activity"`
	Run        int           `json:"run"`
	Number     int           `json:"number"` // 1, 2, … within the run: the list is frozen again where who can win has changed.
	Draws      int           `json:"draws"`  // Of the run, made before this freeze.
	At         int           `json:"at"`     // Unix time in ms, the log's clock.
	Commitment string        `json:"commitment"`
	Root       string        `json:"root"` // Merkle root of the list, in hex.
	Size       int           `json:"size"` // How many entrants the list holds.
	Rules      DrawRules     `json:"rules"`
	Beacon     *FreezeBeacon `json:"beacon,omitempty"`
}

// DrawRules say how many win what, and who of a list cannot win.
type DrawRules struct {
	Again        bool     `json:"again"`
	TookPart     int      `json:"took_part"`
	JoinedBefore int      `json:"joined_before"`
	CheckedIn    bool     `json:"checked_in"`
	Wanted       int      `json:"wanted"`
	Prizes       []string `json:"prizes"`
}

// FreezeBeacon says which public randomness goes into the draws.
type FreezeBeacon struct {
	Chain string `json:"chain"` // Hash of the beacon's chain.
	Round int    `json:"round"` // Of the first draw from the freeze.
}

// Freeze is a line of the public history of freezes.
type Freeze struct {
	Activity    int          `json:"activity"`
	Title       string       `json:"title"`
	Run         int          `json:"run"`
	Number      int          `json:"number"`           // 1, 2, … within the run.
	Freeze      *FreezeFacts `json:"freeze,omitempty"` // Absent for the moment that it takes to compute.
	Fingerprint string       `json:"fingerprint"`      // First 128 bits of the freeze's hash; empty as long.
	Size        int          `json:"size"`             // How many entrants the list holds.
	At          uint64       `json:"at"`               // Unix time in ms, the log's clock.
	Round       uint64       `json:"round,omitempty"`  // Of the beacon, that the freeze named.
	Draws       int          `json:"draws"`            // Made from it.
	Abandoned   bool         `json:"abandoned"`
}

// Freezes answers with all frozen lists, oldest first.
type Freezes struct {
	Freezes []Freeze `json:"freezes"`
}

// Proof is a participant's place in a raffle's frozen list, and what proves it.
type Proof struct {
	Freeze    FreezeFacts `json:"freeze"`   // What the list was frozen with: its root and size, and what else was fixed.
	Position  int         `json:"position"` // Of the leaf in the list, from 0.
	Leaf      Leaf        `json:"leaf"`
	Nonce     string      `json:"nonce"`     // The participant's own, base64url.
	Pseudonym string      `json:"pseudonym"` // What the ticket was made of besides, in hex: that of you.pseudonyms.
	Proof     []string    `json:"proof"`     // RFC 6962 audit path, the lowest sibling first; in hex.
}

// Leaf is one entrant of a frozen list.
type Leaf struct {
	Ticket    string `json:"ticket"`
	Handle    string `json:"handle"`
	NonceHash string `json:"nonce_hash"`
	Unfit     string `json:"unfit"` // Why the ticket cannot win, or empty.
}

// CheckIn says that one is in the room.
type CheckIn struct {
	Activity int `json:"activity"`
	Run      int `json:"run,omitempty"` // The run that was seen; another is 409 closed.
}

// Claim claims the prize of a winning ticket.
type Claim struct {
	Ticket string `json:"ticket"`
}

// ClaimCode is what the phone shows to the host.
type ClaimCode struct {
	Code string `json:"code" jsonschema:"pattern=^[0-9]{4}$"`
}
