package event

import (
	"crypto/sha256"
	"slices"

	"drumroll/internal/fairdraw"
)

// pending is a draw that was asked for and waits for its round of the beacon.
type pending struct {
	asked  uint64 // the log's time in ms that gave the round
	round  uint64
	void   string // of a redraw: the ticket given back
	reason string
}

// refuseUndrawable refuses what no draw or redraw of a raffle can be made from.
func (s *State) refuseUndrawable(a *activity, c *Command, redraw bool) *Refusal {
	switch {
	case redraw && a.state != Drawn:
		return conflict("it is %s: there is no winner to replace", a.state)
	case a.state != Closed && a.state != Drawn:
		return conflict("it is %s: close the raffle before the draw", a.state)
	case a.raffleRun.frozen.abandoned:
		return conflict("its frozen list was abandoned: reset the raffle")
	case c.Draw != 0 && c.Draw != len(s.draws)+1:
		return conflict("draw %d has been made already", c.Draw)
	case a.raffleRun.last.Element >= MaxDraws:
		return conflict("a run has at most %d draws", MaxDraws)
	case s.drawElsewhere(a):
		return conflict("another raffle's draw waits for its round, and who wins there cannot win here, or the other way round")
	}
	return nil
}

// drawElsewhere reports whether another raffle's draw waits for its round that has to
// come first.
func (s *State) drawElsewhere(a *activity) bool {
	return slices.ContainsFunc(s.activities, func(b *activity) bool {
		return b != a && b.raffleRun != nil && b.raffleRun.pending != nil && !(a.Raffle.Again && b.Raffle.Again)
	})
}

// armDraw asks for a draw, or with Void for a redraw, of a raffle with a beacon, and
// names the round that it waits for: for the run's first draw the one that the
// freeze named.
func armDraw(s *State, a *activity, at Position, c *Command) *Refusal {
	if no := s.refuseUndrawable(a, c, c.Void != ""); no != nil {
		return no
	}
	_, unknown := a.standingWinner(c.Void)
	switch {
	case a.raffleRun.chain == nil:
		return conflict("this raffle is drawn without a beacon")
	case c.Run != a.run:
		return conflict("the raffle was reset in the meantime")
	case a.raffleRun.pending != nil:
		return conflict("a draw is waiting for its round already")
	case c.Void != "" && unknown != nil:
		return unknown
	case c.Void != "" && c.Reason == "":
		return invalid("a redraw needs a reason")
	}
	if no := s.refuseUnfrozen(a); no != nil {
		return no
	}
	// The first draw from a freeze takes the round that the freeze named.
	r := a.raffleRun
	p := &pending{asked: uint64(r.frozen.facts.At), round: uint64(r.frozen.facts.Beacon.Round), void: c.Void, reason: c.Reason}
	if r.last.Element > r.frozen.facts.Draws {
		p.asked, p.round = at.Ms, fairdraw.RoundFor(*r.chain, at.Ms)
	}
	if !r.lastRoundCame(p.asked) {
		return conflict("the beacon's next round is not due yet: ask again in a moment")
	}
	r.pending = p
	return nil
}

// lastRoundCame reports whether ms, by the log's clock, is not before the round that the
// newest draw used: only then can a draw be asked for, or frozen again for.
func (r *raffleRun) lastRoundCame(ms uint64) bool {
	return r.last.Beacon == nil || ms >= r.chain.TimeOf(uint64(r.last.Beacon.Round))
}

// refuseUnfrozen refuses a draw that nobody can win, or that has to be frozen again first.
func (s *State) refuseUnfrozen(a *activity) *Refusal {
	no := s.refuseWithoutCandidates(a)
	if no == nil && s.staleFreeze(a) {
		no = conflict("another raffle was drawn since the freeze, so the list has to be frozen again first")
	}
	return no
}

// refuseWithoutCandidates refuses a draw for which no entrant is left who can win.
func (s *State) refuseWithoutCandidates(a *activity) *Refusal {
	switch {
	case a.raffleRun.frozen.entrants.len == 0:
		return conflict("nobody is in this raffle, so there is nobody to draw")
	case a.raffleRun.frozen.fit == 0:
		return conflict("nobody who entered can win by this raffle's rules")
	case s.candidatesLeft(a) == 0:
		return conflict("everybody who entered and can win has won already")
	}
	return nil
}

// drawWinners picks the next winners of a raffle, or, as a redraw, gives one winner's
// ticket back and picks one other. With a beacon it completes what was armed,
// whichever of the two that is.
func drawWinners(s *State, a *activity, at Position, c *Command) *Refusal {
	redraw, void, reason := c.Type == CmdRedraw, c.Void, c.Reason
	if p := a.raffleRun.pending; p != nil {
		redraw, void, reason = p.void != "", p.void, p.reason
	} else if !redraw {
		void, reason = "", ""
	}
	if no := s.refuseUndrawable(a, c, redraw); no != nil {
		return no
	}
	if c.Seed == nil || c.Run != a.run || sha256.Sum256(c.Seed[:]) != [32]byte(a.raffleRun.last.Seed) {
		return conflict("another draw came first")
	}
	public, no := a.beaconPart(c)
	if no != nil {
		return no
	}
	wanted, voids, prize := a.Raffle.Winners, -1, a.prizeName(a.nextPrize())
	if redraw {
		if voids, no = a.standingWinner(void); no != nil {
			return no
		}
		if reason == "" {
			return invalid("a redraw needs a reason")
		}
		wanted, prize = 1, a.raffleRun.winners[voids].Prize
	}
	r := a.raffleRun
	if r.pending == nil { // else who can win was fixed when it was asked for
		if no := s.refuseUnfrozen(a); no != nil {
			return no
		}
	}

	spent := r.spentEntrants()
	if redraw {
		spent[r.ticketOf.get(r.winners[voids].who)-1] = fairdraw.SkipVoided
	}
	list, frozen, element := r.frozen.entrantList(), r.frozen.ready(), r.last.Element+1
	picks := fairdraw.Select(*c.Seed, frozen.Hash, list.Size(), element, public.Bytes(), wanted, func(pos int) string {
		e := uint32(list.Source(pos))
		if why := r.frozen.unfitReason(e); why != "" {
			return why
		}
		return spent[e]
	})

	d := &Draw{Number: len(s.draws) + 1, Activity: a.id, Title: a.Title, Run: a.run, At: at, frozen: r.frozen}
	record := fairdraw.Record{
		Code: s.code, Title: a.Title, Draw: d.Number, Element: element, Freeze: *frozen,
		Previous: r.last.Seed, Seed: *c.Seed, Beacon: public, Prize: prize, Reason: reason,
	}
	d.Record = fairdraw.NewRecord(record, list, picks, void, r.returned)
	if redraw {
		a.giveBack(voids, reason)
		r.redraws++
	}
	for _, p := range picks {
		if p.Skip != "" {
			continue
		}
		e := r.entrants.at(uint32(list.Source(p.Pos)))
		r.winners = append(r.winners, Winner{Ticket: e.ticket, Draw: d.Number, Prize: prize, ms: at.Ms, who: e.who})
		d.won = append(d.won, WinnerTicket{s.people.id(e.who), e.ticket})
	}
	r.frozen.draws++
	r.last, r.returned, r.pending = d.Record, nil, nil
	a.state = Drawn
	s.draws = append(s.draws, d)
	return nil
}

// beaconPart is the beacon's part in a draw, checked; nil where the raffle has none.
func (a *activity) beaconPart(c *Command) (*fairdraw.Beacon, *Refusal) {
	switch {
	case a.raffleRun.chain == nil:
		return nil, nil
	case a.raffleRun.pending == nil || c.Round != a.raffleRun.pending.round || c.Signature == nil:
		return nil, conflict("this raffle's draws wait for a round of the beacon")
	}
	randomness, err := a.raffleRun.chain.Verify(c.Round, c.Signature[:])
	if err != nil {
		return nil, invalid("%v", err)
	}
	return &fairdraw.Beacon{
		Asked: int(a.raffleRun.pending.asked), Round: int(c.Round), Signature: *c.Signature, Randomness: randomness,
	}, nil
}

// abandonFreeze gives up a frozen list, for all to see: its beacon cannot be had.
func abandonFreeze(_ *State, a *activity, _ Position, _ *Command) *Refusal {
	switch {
	case a.raffleRun.chain == nil || a.state != Closed && a.state != Drawn:
		return conflict("only a frozen list that waits for a public beacon can be abandoned")
	case a.raffleRun.frozen.abandoned:
		return conflict("its frozen list was abandoned already")
	}
	a.raffleRun.frozen.abandoned, a.raffleRun.pending = true, nil
	return nil
}

// voidWin gives a winner's ticket back, with nobody drawn in its place.
func voidWin(_ *State, a *activity, _ Position, c *Command) *Refusal {
	at, no := a.standingWinner(c.Void)
	switch {
	case no != nil:
		return no
	case a.raffleRun.pending != nil:
		return conflict("a draw is waiting for its round")
	case c.Reason == "":
		return invalid("to give a ticket back needs a reason")
	}
	a.raffleRun.returned = append(a.raffleRun.returned, fairdraw.Return{Ticket: a.raffleRun.winners[at].Ticket, Reason: c.Reason})
	a.giveBack(at, c.Reason)
	return nil
}

func claimWin(s *State, a *activity, _ Position, c *Command) *Refusal {
	at, no := a.standingWinner(c.Ticket)
	switch {
	case no != nil:
		return no
	case s.people.id(a.raffleRun.winners[at].who) != c.Person:
		return conflict("that ticket is somebody else's")
	}
	if a.raffleRun.winners[at].Claim == "" {
		a.setClaim(at, Claiming)
	}
	return nil
}

// confirmWin notes that the host gave the prize away; also to a winner whose phone
// could not claim it.
func confirmWin(_ *State, a *activity, _ Position, c *Command) *Refusal {
	at, no := a.standingWinner(c.Ticket)
	switch {
	case no != nil:
		return no
	case a.raffleRun.winners[at].Claim == Claimed:
		return conflict("that win was confirmed already")
	}
	a.setClaim(at, Claimed)
	return nil
}

func (a *activity) setClaim(at int, claim string) {
	a.raffleRun.winners = slices.Clone(a.raffleRun.winners)
	a.raffleRun.winners[at].Claim = claim
}

// standingWinner finds a winner's ticket that was not given back.
func (a *activity) standingWinner(ticket string) (at int, no *Refusal) {
	at = slices.IndexFunc(a.raffleRun.winners, func(w Winner) bool { return w.Ticket.String() == ticket })
	if at < 0 {
		return -1, conflict("that ticket is not among the winners")
	}
	return at, nil
}

func (a *activity) giveBack(at int, reason string) {
	a.raffleRun.voided = append(a.raffleRun.voided, Voided{a.raffleRun.winners[at], reason})
	a.raffleRun.winners = slices.Delete(slices.Clone(a.raffleRun.winners), at, at+1)
}

// nextPrize is which prize the next draw that is no redraw is for, from 1; 0
// where none is left, or none is named.
func (a *activity) nextPrize() int {
	if next := a.raffleRun.last.Element - a.raffleRun.redraws + 1; next <= len(a.Raffle.Prizes) {
		return next
	}
	return 0
}

func (a *activity) prizeName(k int) string {
	if k == 0 {
		return ""
	}
	return a.Raffle.Prizes[k-1]
}

// PendingDraw is a draw that waits for its round.
type PendingDraw struct {
	Activity int
	Run      int
	Element  int    // of the run's chain, that it will reveal
	Chain    string // hash of the beacon's chain
	Round    uint64
	Ms       uint64 // when the round comes
}

// PendingDraws lists the draws that wait for a round of a beacon.
func (s *State) PendingDraws() []PendingDraw {
	var out []PendingDraw
	for _, a := range s.activities {
		if r := a.raffleRun; r != nil && r.pending != nil {
			round := r.pending.round
			out = append(out, PendingDraw{a.id, a.run, r.last.Element + 1, r.chain.Hash.String(), round, r.chain.TimeOf(round)})
		}
	}
	return out
}

// spendRun gives up a raffle's run, and those before it, of which a freeze or a
// draw stood in the log until the log lost it: people have seen its list, or its
// seed, so nothing more may be drawn from them.
func spendRun(s *State, a *activity, at Position, c *Command) *Refusal {
	if c.Run <= a.spent {
		return conflict("that is known already")
	}
	a.spent = c.Run
	switch {
	case a.run > a.spent:
	case a.state == Draft:
		a.run = a.spent + 1
	default:
		if a.state == Open {
			s.endEntries(a, at)
		}
		a.raffleRun.frozen.abandoned, a.raffleRun.pending = true, nil
	}
	return nil
}
