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
	// Drawn at once by one draw.
	WinnersWanted int      `json:"winners_wanted"`
	Winners       []Winner `json:"winners"`
	Voided        []Voided `json:"voided"`
	// Winners that the newest draw wanted and did not find.
	Shortfall int `json:"shortfall"`
	// Number of this run's newest draw.
	LastDraw int `json:"last_draw,omitempty"`
	// Frozen entrants who can still win.
	CanWin int `json:"can_win"`
	// Hash of the secret that the draws come from, shown before the first entry.
	Commitment string `json:"commitment,omitempty"`
	// Merkle root of the frozen entrant list, in hex.
	Root string `json:"root,omitempty"`
	// Of the root, short enough to read out.
	Fingerprint string   `json:"fingerprint,omitempty"`
	Prizes      []string `json:"prizes"`
	// Which of prizes the next draw is for, from 1; absent where none is left.
	NextPrize int `json:"next_prize,omitempty"`
	// Whether who stands as a winner of another raffle of the event can win here too.
	Again    bool     `json:"winners_may_win_again"`
	Eligible Eligible `json:"eligible"`
	// Seconds that a winner has to claim; 0: no limit.
	ClaimSeconds int `json:"claim_seconds"`
	// A public beacon's randomness goes into each draw.
	Beacon bool `json:"beacon"`
	// Hash of the beacon's chain, from open on.
	BeaconChain string `json:"beacon_chain,omitempty"`
	// The beacon's round that the freeze names, for the run's first draw.
	Round uint64 `json:"round,omitempty"`
	// When that round is due, Unix time in ms.
	RoundAtMS uint64   `json:"round_at_ms,omitempty"`
	Pending   *Pending `json:"pending,omitempty"`
	// The frozen list was given up in public; only a reset goes on.
	Abandoned bool `json:"abandoned,omitempty"`
}

// Eligible says who of a raffle's list can win. It is decided at the freeze, from the log.
type Eligible struct {
	// The activity that one must have taken part in.
	TookPart int `json:"took_part,omitempty"`
	// Unix time in ms: who joined then or later cannot win.
	JoinedBefore uint64 `json:"joined_before,omitempty"`
	// Only who checked in while the raffle was open can win.
	CheckedIn bool `json:"checked_in,omitempty"`
}

// Pending is a draw that was asked for and waits for its round of the beacon.
type Pending struct {
	// Number that it will have, unless another raffle is drawn before.
	Draw  int    `json:"draw"`
	Round uint64 `json:"round"`
	// When the round is due, Unix time in ms.
	AtMS uint64 `json:"at_ms"`
	// Below 0: overdue.
	DueInMS int64  `json:"due_in_ms"`
	Prize   string `json:"prize,omitempty"`
	// Ticket given back.
	Redraw string `json:"redraw,omitempty"`
	// Unix time in ms; where the round is overdue and is not available yet.
	WaitingSince uint64 `json:"waiting_since,omitempty"`
}

// Winner is a standing winner of a draw.
type Winner struct {
	Handle string `json:"handle"`
	Ticket string `json:"ticket"`
	Draw   int    `json:"draw"`
	// Of the participant's own choosing, where allowed and not hidden.
	Name string `json:"name,omitempty"`
	// Host only: the participant's id.
	Person string `json:"person,omitempty"`
	Prize  string `json:"prize,omitempty"`
	Claim  string `json:"claim" jsonschema:"enum=,enum=claiming,enum=claimed"`
	// Host only: what the winner's phone shows once it claims.
	Code string `json:"code,omitempty"`
	// While a time to claim runs; 0: it is over.
	ClaimClosesInMS *int64 `json:"claim_closes_in_ms,omitempty"`
}

// Voided is a winner whose ticket was given back.
type Voided struct {
	Winner
	Reason string `json:"reason"`
}

// RaffleSpec describes a raffle to add.
type RaffleSpec struct {
	Kind  string `json:"kind" jsonschema:"enum=raffle"`
	Title string `json:"title" jsonschema:"minLength=1,maxLength=200"`
	// Drawn at once by one draw.
	Winners int `json:"winners,omitempty" jsonschema:"minimum=1,default=1"`
	// The k-th draw of a run that is no redraw is for prize k.
	Prizes []string `json:"prizes,omitempty" jsonschema:"maxItems=50,minLength=1,maxLength=200"`
	// Else who stands as a winner of another raffle of the event is passed over.
	Again    bool          `json:"winners_may_win_again,omitempty" jsonschema:"default=false"`
	Eligible *EligibleSpec `json:"eligible,omitempty"`
	// Time that a winner has to claim, shown to them and the host; nothing is drawn by
	// itself. 0: no limit.
	ClaimSeconds int `json:"claim_seconds,omitempty" jsonschema:"minimum=0,maximum=86400,default=0"`
	// A public beacon's randomness goes into each draw. Fixed at the open.
	Beacon bool `json:"beacon,omitempty" jsonschema:"default=false"`
}

// EligibleSpec says who can win. It is decided at the freeze, from the log. Who cannot win
// stays in the list and is passed over in the open.
type EligibleSpec struct {
	// The activity that one must have taken part in.
	TookPart int `json:"took_part,omitempty"`
	// Who joins then or later cannot win.
	JoinedBefore Instant `json:"joined_before,omitempty"`
	// Only who checks in while the raffle is open can win.
	CheckedIn bool `json:"checked_in,omitempty"`
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
	// Draws are numbered 1, 2, … through the event.
	Draw     int    `json:"draw"`
	Activity int    `json:"activity"`
	Title    string `json:"title"`
	Run      int    `json:"run"`
	// Size of the list that it picked from.
	Entrants int `json:"entrants"`
	// Their tickets.
	Winners []string `json:"winners"`
	// Of the winners, as they are shown.
	Names []string `json:"names" jsonschema:"nullable"`
	// Of a redraw.
	Reason string `json:"reason,omitempty"`
	Prize  string `json:"prize,omitempty"`
}

// DrawRecord is one draw with all that is needed to check it alone, as
// docs/draw-record.schema.json of the source describes; docs/FAIR-DRAW.md says how.
type DrawRecord struct{ json.RawMessage }

// Draws answers with all draws, in order.
type Draws struct {
	Draws []Draw `json:"draws"`
}

// Freeze is a frozen list of entrants.
type Freeze struct {
	Activity int    `json:"activity"`
	Title    string `json:"title"`
	Run      int    `json:"run"`
	// Empty for the moment that it takes to compute.
	Root        string `json:"root"`
	Fingerprint string `json:"fingerprint"`
	// How many entrants the list holds.
	Size int `json:"size"`
	// Unix time in ms, the log's clock.
	At uint64 `json:"at"`
	// Of the beacon, that the freeze named.
	Round uint64 `json:"round,omitempty"`
	// Made from it.
	Draws     int  `json:"draws"`
	Abandoned bool `json:"abandoned"`
}

// Freezes answers with all frozen lists, oldest first.
type Freezes struct {
	Freezes []Freeze `json:"freezes"`
}

// Proof is a participant's place in a raffle's frozen list, and what proves it.
type Proof struct {
	// In hex.
	Root string `json:"root"`
	Size int    `json:"size"`
	// Of the leaf in the list, from 0.
	Position int  `json:"position"`
	Leaf     Leaf `json:"leaf"`
	// The participant's own, base64url.
	Nonce string `json:"nonce"`
	// RFC 6962 audit path, the lowest sibling first; in hex.
	Proof []string `json:"proof"`
}

// Leaf is one entrant of a frozen list.
type Leaf struct {
	Ticket    string `json:"ticket"`
	Handle    string `json:"handle"`
	NonceHash string `json:"nonce_hash"`
}

// CheckIn says that one is in the room.
type CheckIn struct {
	Activity int `json:"activity"`
	// The run that was seen; another is 409 closed.
	Run int `json:"run,omitempty"`
}

// Claim claims the prize of a winning ticket.
type Claim struct {
	Ticket string `json:"ticket"`
}

// ClaimCode is what the phone shows to the host.
type ClaimCode struct {
	Code string `json:"code" jsonschema:"pattern=^[0-9]{4}$"`
}
