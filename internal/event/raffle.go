package event

import (
	"cmp"
	"encoding/base64"
	"slices"

	"drumroll/internal/beacon"
	"drumroll/internal/fairdraw"
)

// RaffleSpec is what a host says of a raffle.
type RaffleSpec struct {
	Winners      int         `json:"winners"`          // 1 to MaxWinners a draw
	Prizes       []string    `json:"prizes,omitempty"` // the run's k-th draw that is no redraw is for prize k
	Again        bool        `json:"again,omitempty"`  // those who have won in another raffle of the event may win here
	Eligible     Eligibility `json:"eligible,omitzero"`
	ClaimSeconds int         `json:"claim_seconds,omitempty"` // shown to the winner; 0: no limit
	Beacon       bool        `json:"beacon,omitempty"`        // it must open with a beacon
}

// Eligibility says who of the entrants can win. It is decided at the freeze, from
// the log.
type Eligibility struct {
	TookPart     int    `json:"took_part,omitempty"`     // has an entry in this activity's present run
	JoinedBefore uint64 `json:"joined_before,omitempty"` // the log's clock in ms
	CheckedIn    bool   `json:"checked_in,omitempty"`    // tapped "I'm here" in this run
}

// raffle hands out tickets, freezes the list of entrants at the close, and draws
// winners that everybody can check (raffle_draws.go, raffle_freezes.go).
type raffle struct{}

// raffleRun is what a raffle's run holds, dense by participant index where it
// says who.
type raffleRun struct {
	entrants column[entrant]
	ticketOf column[uint32] // entrant index + 1
	ns       column[uint32]
	here     column[bool] // checked in

	frozen *freeze // from close on: the newest

	commitment *fairdraw.Hash   // end of the run's seed chain; nil until open
	last       *fairdraw.Record // the run's newest draw; before the first, only its Seed is set: the commitment
	redraws    int              // draws of this run that were redraws
	winners    []Winner         // standing, in draw order
	voided     []Voided
	returned   []fairdraw.Return // given back since the run's newest draw, nobody drawn instead

	chain   *beacon.Chain // that goes into the run's draws; nil: none
	pending *pending      // the draw that waits for its round
}

type entrant struct {
	who    uint32
	ticket fairdraw.Ticket
	nonce  [16]byte
}

func (raffle) normalize(spec *Spec) (err error) {
	r := *cmp.Or(spec.Raffle, &RaffleSpec{})
	r.Prizes, err = texts("prize", r.Prizes)
	r.Winners = cmp.Or(r.Winners, 1)
	spec.Raffle = &r
	return err
}

func (raffle) check(spec *Spec) *Refusal {
	r := spec.Raffle
	switch {
	case spec.Results != "":
		return invalid("a raffle has no results")
	case r == nil || r.Winners < 1 || r.Winners > MaxWinners:
		return invalid("winners must be 1 to %d", MaxWinners)
	case len(r.Prizes) > MaxPrizes:
		return invalid("a raffle has at most %d prizes", MaxPrizes)
	case r.ClaimSeconds < 0 || r.ClaimSeconds > MaxSeconds:
		return invalid("claim_seconds must be 0 to %d", MaxSeconds)
	case r.Eligible.TookPart < 0 || r.Eligible.JoinedBefore > maxMs:
		return invalid("eligible names no activity or time that can be")
	}
	return nil
}

func (raffle) begin(a *activity) { a.raffleRun = &raffleRun{last: &fairdraw.Record{}} }

func (raffle) open(a *activity, c *Command) *Refusal {
	switch {
	case c.Commitment == nil || c.Run != a.run:
		return conflict("the raffle was reset in the meantime")
	case c.Chain != nil && c.Chain.Check() != nil || c.Chain == nil && a.Raffle.Beacon:
		return conflict("this raffle needs a public beacon, and the open names none")
	}
	r := a.raffleRun
	r.chain = c.Chain
	r.commitment, r.last.Seed = c.Commitment, *c.Commitment
	return nil
}

func (raffle) reopen() *Refusal {
	return conflict("the entrant list is frozen: a closed raffle cannot be opened again in this run")
}

func (raffle) close(s *State, a *activity, at Position) { s.freezeEntrants(at, a) }

// discard marks a freeze whose draw would have been known soon: that it was
// thrown away has to show.
func (raffle) discard(a *activity) {
	if a.raffleRun.pending != nil {
		a.raffleRun.frozen.abandoned = true
	}
}

var raffleVerbs = map[string]verb{
	CmdDraw: drawWinners, CmdRedraw: drawWinners, CmdArm: armDraw, CmdAbandon: abandonFreeze, CmdFreeze: refreezeEntrants, CmdSpent: spendRun,
	CmdVoid: voidWin, CmdClaim: claimWin, CmdConfirm: confirmWin,
}

func (raffle) verbs() map[string]verb { return raffleVerbs }

// ticketBody is the length of a ticket item's body: pseudonym and nonce.
const ticketBody = 16 + 16

// TicketItem makes what only a raffle entry has. The ticket is made of pseudonym
// and nonce (fairdraw.MakeTicket).
func TicketItem(pseudonym, nonce [16]byte, nonceByServer bool) Item {
	it := Item{Kind: ItemTicket, Body: append(append(make([]byte, 0, ticketBody), pseudonym[:]...), nonce[:]...)}
	if nonceByServer {
		it.Small = 1
	}
	return it
}

// TicketParts are what a ticket item's ticket is made of; of no other item.
func (it *Item) TicketParts() (pseudonym, nonce [16]byte) {
	return [16]byte(it.Body[:16]), [16]byte(it.Body[16:])
}

// HereItem makes what only a check-in has: nothing.
func HereItem() Item { return Item{Kind: ItemHere} }

func (raffle) item(a *activity, e *Entry) (Item, bool) {
	if e.CheckIn {
		return HereItem(), a.Raffle.Eligible.CheckedIn
	}
	var nonce [16]byte
	switch {
	case len(e.Choice) > 0 || e.Value != nil:
		return Item{}, false
	case e.Nonce == "":
		e.Random(nonce[:])
	case len(e.Nonce) != base64.RawURLEncoding.EncodedLen(len(nonce)):
		return Item{}, false
	default:
		if n, err := base64.RawURLEncoding.Decode(nonce[:], []byte(e.Nonce)); err != nil || n != len(nonce) {
			return Item{}, false
		}
	}
	return TicketItem(e.Pseudonym(e.uid, e.who, a.id, a.run), nonce, e.Nonce == ""), true
}

func (raffle) takes(a *activity, it Item) bool {
	return it.Kind == ItemTicket || it.Kind == ItemHere && a.Raffle.Eligible.CheckedIn
}

func (raffle) enter(s *State, a *activity, who uint32, it *Item) Outcome {
	r := a.raffleRun
	if it.Kind == ItemHere {
		return r.checkIn(who)
	}
	r.ticketOf.grow(int(who) + 1)
	r.ns.grow(int(who) + 1)
	n := r.ns.at(who)
	*n = max(*n, it.N)
	at := r.ticketOf.at(who)
	if *at != 0 {
		return Outcome{Status: Unchanged, Ticket: r.entrants.at(*at - 1).ticket, HasTicket: true}
	}
	pseudonym, nonce := it.TicketParts()
	ticket := fairdraw.MakeTicket(s.uid, uint64(a.id), uint64(a.run), pseudonym, nonce)
	r.entrants.add(entrant{who: who, ticket: ticket, nonce: nonce})
	*at = uint32(r.entrants.len)
	a.entries++
	return Outcome{Status: Counted, Ticket: ticket, HasTicket: true}
}

func (r *raffleRun) checkIn(who uint32) Outcome {
	r.here.grow(int(who) + 1)
	here := r.here.at(who)
	if *here {
		return Outcome{Status: Unchanged}
	}
	*here = true
	return Outcome{Status: Counted}
}

func (raffle) entered(a *activity, who uint32) bool { return a.raffleRun.ticketOf.get(who) != 0 }

func (raffle) you(a *activity, who uint32, y *You) {
	r := a.raffleRun
	y.N = max(y.N, r.ns.get(who))
	if e := r.ticketOf.get(who); e != 0 {
		y.Tickets[a.id] = r.entrants.at(e - 1).ticket.String()
		if r.frozen != nil {
			if why := r.frozen.unfitReason(e - 1); why != "" {
				if y.Unfit == nil {
					y.Unfit = map[int]string{}
				}
				y.Unfit[a.id] = why
			}
		}
	}
	if r.here.get(who) {
		y.Here = append(y.Here, a.id)
	}
	for _, w := range r.winners {
		if w.who == who {
			y.Won = append(y.Won, Won{a.id, w.Draw, w.Ticket.String(), w.Prize, w.Claim})
		}
	}
}

// rules are what a freeze says of how many win what, and who can.
func (a *activity) rules() fairdraw.Rules {
	r, e := a.Raffle, a.Raffle.Eligible
	return fairdraw.Rules{
		Again: r.Again, TookPart: e.TookPart, JoinedBefore: int(e.JoinedBefore), CheckedIn: e.CheckedIn,
		Wanted: r.Winners, Prizes: append([]string{}, r.Prizes...),
	}
}

// unknownPart refuses a spec that names an activity which is not there.
func (s *State) unknownPart(spec *Spec, self int) *Refusal {
	if spec.Raffle == nil {
		return nil
	}
	if part := spec.Raffle.Eligible.TookPart; part == self || part != 0 && s.findActivity(part) == nil {
		return invalid("eligible.took_part must be the id of another activity of the event")
	}
	return nil
}

// hasWon reports whether a participant has won a draw of the event.
func (s *State) hasWon(p Participant) bool {
	return slices.ContainsFunc(s.draws, func(d *Draw) bool {
		return slices.ContainsFunc(d.won, func(w WinnerTicket) bool { return w.Participant == p })
	})
}
