package event

import (
	"slices"

	"drumroll/internal/fairdraw"
)

// maxRoll is how many handles rush by in a roll.
const maxRoll = 40

// RaffleView is what a Snapshot shows of a raffle alone.
type RaffleView struct {
	WinnersWanted int
	Prizes        []string
	Again         bool // those who have won in another raffle of the event can win here
	Eligible      Eligibility
	TookPart      string // title of the activity that Eligible.TookPart names; "" while that is a draft
	ClaimSeconds  int

	Winners   []WinnerView
	Voided    []VoidedView
	NextPrize int // which of Prizes the next draw is for, from 1; 0: none left or named
	Shortfall int // of the newest draw
	LastDraw  int // number of this run's newest draw; 0: none
	Pending   *PendingView
	Abandoned bool // the frozen list was given up; only a reset goes on

	Commitment string           // hex; "" until open
	CanWin     int              // frozen entrants who can still win
	Freeze     *fairdraw.Freeze // the newest; nil until its list is computed
	// Of the freeze, to compare by eye; "" until its list is computed.
	Fingerprint string
	Entrants    []string // up to maxRoll handles, spread over the frozen list

	Beacon  bool   // a public beacon goes into its draws
	Chain   string // hash of the beacon's chain, hex; "" until open
	Round   uint64 // that the freeze names, 0 until then
	RoundMs uint64 // when it comes
}

// PendingView is a draw that waits for its round of the beacon.
type PendingView struct {
	Draw   int // number that it will have, unless another raffle is drawn before
	Round  uint64
	Ms     uint64 // when the round comes
	Prize  string
	Redraw string // ticket given back, or ""
}

// beaconGraceMs is how long a beacon may take to publish a round.
const beaconGraceMs = 1000

// Late reports whether the round is overdue by the log's clock.
func (p *PendingView) Late(nowMs uint64) bool { return nowMs > p.Ms+beaconGraceMs }

// WinnerView is a standing winner.
type WinnerView struct {
	Name   string // to show: the participant's own where allowed, else the handle
	Handle string
	Ticket fairdraw.Ticket
	Draw   int
	Person Participant // host only, else 0
	Own    bool        // Name is the participant's own
	Prize  string
	Claim  string // "", Claiming or Claimed
	Code   string // host only: what the winner's phone shows; set by the caller, who has the signing key
	// ClaimMs is when the time to claim is over, by the log's clock; 0: no limit,
	// or claimed.
	ClaimMs uint64
}

// VoidedView is a winner whose ticket was given back.
type VoidedView struct {
	WinnerView
	Reason string
}

// ShownFreeze is the newest freeze of the raffle that phones and screen show; nil where
// they show none.
func (s *Snapshot) ShownFreeze() *fairdraw.Freeze {
	for i := range s.Activities {
		if a := &s.Activities[i]; a.ID == s.Current && a.Raffle != nil {
			return a.Raffle.Freeze
		}
	}
	return nil
}

func (raffle) view(s *State, a *activity, out *Activity) {
	spec, r := a.Raffle, a.raffleRun
	v := &RaffleView{
		WinnersWanted: spec.Winners, Prizes: spec.Prizes, Again: spec.Again, Eligible: spec.Eligible, ClaimSeconds: spec.ClaimSeconds,
		NextPrize: a.nextPrize(), Shortfall: r.last.Shortfall(), LastDraw: r.last.Draw, Pending: s.pendingView(a),
		Beacon: spec.Beacon || r.chain != nil,
	}
	out.Raffle = v
	if other := s.findActivity(spec.Eligible.TookPart); other != nil && other.state != Draft {
		v.TookPart = other.Title
	}
	if r.commitment != nil {
		v.Commitment = r.commitment.String()
	}
	if r.chain != nil {
		v.Chain = r.chain.Hash.String()
	}
	for _, w := range r.winners {
		view := s.winnerView(w)
		if spec.ClaimSeconds > 0 && w.Claim == "" {
			view.ClaimMs = w.ms + 1000*uint64(spec.ClaimSeconds)
		}
		v.Winners = append(v.Winners, view)
	}
	for _, w := range r.voided {
		v.Voided = append(v.Voided, VoidedView{s.winnerView(w.Winner), w.Reason})
	}
	if r.frozen != nil {
		v.CanWin, v.Abandoned = s.candidatesLeft(a), r.frozen.abandoned
		if r.chain != nil {
			v.Round = uint64(r.frozen.facts.Beacon.Round)
			v.RoundMs = r.chain.TimeOf(v.Round)
		}
	}
	if v.Freeze = r.frozen.ready(); v.Freeze != nil {
		list := r.frozen.entrantList()
		v.Fingerprint = fairdraw.Fingerprint(v.Freeze.Hash)
		n := min(maxRoll, list.Size())
		for i := range n {
			v.Entrants = append(v.Entrants, list.Leaf(i*list.Size()/n).Handle)
		}
	}
}

func (s *State) pendingView(a *activity) *PendingView {
	r := a.raffleRun
	p := r.pending
	if p == nil {
		return nil
	}
	v := &PendingView{Draw: len(s.draws) + 1, Round: p.round, Ms: r.chain.TimeOf(p.round), Redraw: p.void, Prize: a.prizeName(a.nextPrize())}
	if at, no := a.standingWinner(p.void); no == nil {
		v.Prize = r.winners[at].Prize
	}
	return v
}

func (s *State) winnerView(w Winner) WinnerView {
	name, own := s.people.shown(w.who, s.names)
	id := s.people.id(w.who)
	return WinnerView{Name: name, Handle: id.Handle(), Ticket: w.Ticket, Draw: w.Draw, Person: id, Own: own, Prize: w.Prize, Claim: w.Claim}
}

func (raffle) numbers(a *activity, v *Activity) { v.Entries = a.entries }

func (raffle) appendNumbers(dst []byte, _ *Activity) []byte { return dst }

func (raffle) public(a *Activity) {
	out := *a.Raffle
	a.Raffle = &out
	out.Winners = slices.Clone(out.Winners)
	for i := range out.Winners {
		out.Winners[i].Person, out.Winners[i].Code = 0, ""
	}
	out.Voided = slices.Clone(out.Voided)
	for i := range out.Voided {
		// Who gave a ticket back is shown by handle: a chosen name is for winners.
		v := &out.Voided[i]
		v.Person, v.Name, v.Own, v.Code = 0, v.Handle, false, ""
	}
}
