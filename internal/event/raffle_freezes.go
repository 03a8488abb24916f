package event

import (
	"sort"

	"drumroll/internal/fairdraw"
)

// frozenRun is one freeze in the public history, where it stays when its run is
// reset: otherwise a host who did not like an outcome could try again unseen.
type frozenRun struct {
	list      *freeze
	activity  int
	title     string
	at        Position
	number    int    // of the run
	draws     int    // made from the list
	round     uint64 // of the beacon, that the freeze names for the first draw; 0: no beacon
	abandoned bool   // given up, or reset while a draw waited for its round
}

// arrival notes when participants joined: those with the index from and higher,
// up to the next arrival's. Both rise.
type arrival struct {
	from int
	ms   uint64
}

// joinedBefore is how many participants joined before a time: those with a
// lower index.
func (s *State) joinedBefore(ms uint64) int {
	k := sort.Search(len(s.arrivals), func(i int) bool { return s.arrivals[i].ms >= ms })
	if k == len(s.arrivals) {
		return s.people.ids.len
	}
	return s.arrivals[k].from
}

// unfitness is why an entrant cannot win; 0: they can.
type unfitness uint8

const (
	noPart unfitness = iota + 1
	joinedLate
	notHere
)

// freezeEntrants fixes who is in a raffle's present run, and who of them can win.
func (s *State) freezeEntrants(at Position, a *activity) {
	a.raffleRun.frozen = &freeze{
		entrants: a.raffleRun.entrants,
		done:     make(chan struct{}),
		handle:   s.people.handles(),
		fit:      a.raffleRun.entrants.len,
	}
	if a.Raffle.Eligible != (Eligibility{}) {
		s.judgeEntrants(a)
	}
	a.raffleRun.line = &frozenRun{list: a.raffleRun.frozen, activity: a.id, title: a.Title, at: at, number: a.run}
	if a.raffleRun.chain != nil {
		a.raffleRun.line.round = a.raffleRun.chain.RoundAt(at.Ms + beaconAhead)
	}
	s.frozenRuns = append(s.frozenRuns, a.raffleRun.line)
	s.freezes = append(s.freezes, a.raffleRun.frozen)
}

// judgeEntrants applies the eligibility to each entrant. The tallies move on after the
// freeze, so this cannot wait: some 20 ms for a million.
func (s *State) judgeEntrants(a *activity) {
	f, rule := a.raffleRun.frozen, a.Raffle.Eligible
	part := s.findActivity(rule.TookPart)
	early := s.people.ids.len
	if rule.JoinedBefore > 0 {
		early = s.joinedBefore(rule.JoinedBefore)
	}
	f.unfit = make([]unfitness, f.entrants.len)
	for e := range f.unfit {
		who := f.entrants.at(uint32(e)).who
		switch {
		case rule.TookPart > 0 && (part == nil || !part.kind.entered(part, who)):
			f.unfit[e] = noPart
		case int(who) >= early:
			f.unfit[e] = joinedLate
		case rule.CheckedIn && !a.raffleRun.here.get(who):
			f.unfit[e] = notHere
		default:
			continue
		}
		f.fit--
	}
}

// unfitReason is why an entrant of the frozen list cannot win, or "".
func (a *activity) unfitReason(entrant uint32) string {
	if a.raffleRun.frozen.unfit == nil {
		return ""
	}
	switch a.raffleRun.frozen.unfit[entrant] {
	case noPart:
		return fairdraw.SkipTookPart(a.Raffle.Eligible.TookPart)
	case joinedLate:
		return fairdraw.SkipLate
	case notHere:
		return fairdraw.SkipNotHere
	}
	return ""
}

// pastWinners are the entrants of a raffle who have won, with the reason to pass
// them over.
func (s *State) pastWinners(a *activity) map[uint32]string {
	out := map[uint32]string{}
	note := func(w Winner, reason string) {
		if e := a.raffleRun.ticketOf.get(w.who); e != 0 {
			out[e-1] = reason
		}
	}
	if !a.Raffle.Again {
		for _, b := range s.activities {
			if b == a || b.raffleRun == nil {
				continue
			}
			for _, w := range b.raffleRun.winners {
				note(w, fairdraw.SkipElsewhere(w.Draw))
			}
		}
	}
	for _, w := range a.raffleRun.winners {
		note(w, fairdraw.SkipWon)
	}
	for _, v := range a.raffleRun.voided {
		note(v.Winner, fairdraw.SkipVoided)
	}
	return out
}

// candidatesLeft is how many entrants of the frozen list can still win.
func (a *activity) candidatesLeft(excluded map[uint32]string) int {
	n := a.raffleRun.frozen.fit
	for e := range excluded { // only counted, so the order does not matter
		if a.unfitReason(e) == "" {
			n--
		}
	}
	return n
}

// Receipt is what a participant's phone needs to find its own ticket in the
// frozen list.
type Receipt struct {
	Ticket fairdraw.Ticket
	Nonce  [16]byte
	list   *freeze
}

// Receipt looks up a participant's ticket in the frozen list of a raffle's
// present run. Refusals: Unknown where there is no such raffle or ticket,
// Conflict before the list is frozen.
func (s *State) Receipt(p Participant, id int) (Receipt, *Refusal) {
	a := s.findActivity(id)
	if a == nil || a.raffleRun == nil || a.state == Draft {
		return Receipt{}, &Refusal{Unknown, "there is no such raffle"}
	}
	i, _ := s.people.indexOf(p)
	e := uint32(0)
	if s.Joined(p) {
		e = a.raffleRun.ticketOf.get(i)
	}
	if e == 0 {
		return Receipt{}, &Refusal{Unknown, "you have no ticket in this raffle"}
	}
	if a.raffleRun.frozen == nil {
		return Receipt{}, conflict("it is %s: the list is frozen when the raffle closes", a.state)
	}
	entrant := a.raffleRun.entrants.at(e - 1)
	return Receipt{entrant.ticket, entrant.nonce, a.raffleRun.frozen}, nil
}

// List is the frozen list. It is computed where it was not, so no lock may be
// held.
func (r Receipt) List() *fairdraw.List { return r.list.entrantList() }
