package event

import (
	"sort"
	"sync"

	"drumroll/internal/fairdraw"
)

// freeze is a raffle's entrant list as it was at the close or later, and who of it
// can win. It stays in the public history when its run is reset: otherwise a host
// who did not like an outcome could try again unseen. Sorting and hashing a million
// tickets takes long, so it is done once, by the first who asks, off the fold's
// goroutine where possible; what it computes depends on the log alone.
type freeze struct {
	once  sync.Once
	done  chan struct{} // closed once list and facts are complete
	list  *fairdraw.List
	facts *fairdraw.Freeze // without root, size and hash until then

	title     string
	before    *freeze         // of the same run, with the same entrants; nil: the first
	entrants  column[entrant] // never changed again
	handle    func(who uint32) string
	unfit     []unfitness    // by entrant: why one cannot win by the rules; nil: all can
	fit       int            // entrants that can win by the rules
	elsewhere map[uint32]int // those of them who stand as winners of another raffle, and in which draw

	draws     int  // made from it
	abandoned bool // given up, or reset while a draw waited for its round
}

func (f *freeze) entrantList() *fairdraw.List {
	f.once.Do(func() {
		leaf := func(i int) fairdraw.Leaf {
			e := f.entrants.at(uint32(i))
			return fairdraw.Leaf{Ticket: e.ticket, Handle: f.handle(e.who), NonceHash: fairdraw.HashNonce(e.nonce), Unfit: f.unfitReason(uint32(i))}
		}
		if f.before == nil {
			f.list = fairdraw.NewList(f.entrants.len, leaf)
		} else {
			f.list = f.before.entrantList().Relist(leaf)
		}
		f.facts.Seal(f.list)
		close(f.done)
	})
	return f.list
}

// ready is what the freeze fixes where its list has been computed, else nil.
func (f *freeze) ready() *fairdraw.Freeze {
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return f.facts
	default:
		return nil
	}
}

// arrival notes when participants joined: those with the index from and higher,
// up to the next arrival's. Both rise.
type arrival struct {
	from int
	ms   uint64
}

// joinedBefore is how many participants joined before a time, or at all where that is
// 0: those with a lower index.
func (s *State) joinedBefore(ms uint64) int {
	k := sort.Search(len(s.arrivals), func(i int) bool { return s.arrivals[i].ms >= ms })
	if ms == 0 || k == len(s.arrivals) {
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
	r := a.raffleRun
	r.frozen = &freeze{entrants: r.entrants, handle: s.people.handles(), fit: r.entrants.len}
	if a.Raffle.Eligible != (Eligibility{}) {
		s.judgeEntrants(a)
	}
	s.addFreeze(at, a)
}

// addFreeze completes a raffle's newest freeze.
func (s *State) addFreeze(at Position, a *activity) {
	r, f := a.raffleRun, a.raffleRun.frozen
	f.done, f.title, f.elsewhere = make(chan struct{}), a.Title, s.wonElsewhere(a)
	f.facts = &fairdraw.Freeze{
		Event: fairdraw.ID(s.uid), Activity: a.id, Run: a.run, Number: 1, Draws: r.last.Element, At: int(at.Ms),
		Commitment: *r.commitment, Rules: a.rules(),
	}
	if f.before != nil {
		f.facts.Number += f.before.facts.Number
	}
	if r.chain != nil {
		f.facts.Beacon = &fairdraw.FreezeBeacon{Chain: fairdraw.Hash(r.chain.Hash), Round: int(fairdraw.RoundFor(*r.chain, at.Ms))}
	}
	s.freezes = append(s.freezes, f)
	s.unlisted = append(s.unlisted, f)
}

// refreezeEntrants freezes a raffle's list again, where since the freeze others have
// won in another raffle: the same entrants, but others can win.
func refreezeEntrants(s *State, a *activity, at Position, c *Command) *Refusal {
	if no := s.refuseUndrawable(a, c, false); no != nil {
		return no
	}
	r := a.raffleRun
	switch {
	case c.Run != a.run:
		return conflict("the raffle was reset in the meantime")
	case r.pending != nil:
		return conflict("a draw is waiting for its round")
	case !s.staleFreeze(a):
		return conflict("who can win is as it was frozen")
	case !r.lastRoundCame(at.Ms):
		return conflict("the beacon's next round is not due yet: ask again in a moment")
	}
	if no := s.refuseWithoutCandidates(a); no != nil {
		return no
	}
	old := r.frozen
	r.frozen = &freeze{before: old, entrants: old.entrants, handle: old.handle, unfit: old.unfit, fit: old.fit}
	s.addFreeze(at, a)
	return nil
}

// staleFreeze reports whether others of a raffle's frozen list stand as winners of
// another raffle than at the freeze.
func (s *State) staleFreeze(a *activity) bool {
	now, was := s.wonElsewhere(a), a.raffleRun.frozen.elsewhere
	stale := len(now) != len(was)
	for e, draw := range was {
		stale = stale || now[e] != draw
	}
	return stale
}

// Stale reports whether a raffle has to be frozen again before its next draw, since
// others have won in another raffle.
func (s *State) Stale(id int) bool {
	a := s.findActivity(id)
	return a != nil && a.raffleRun != nil && a.raffleRun.frozen != nil && a.raffleRun.pending == nil && s.staleFreeze(a)
}

// judgeEntrants applies the eligibility to each entrant. The tallies move on after the
// freeze, so this cannot wait: some 20 ms for a million.
func (s *State) judgeEntrants(a *activity) {
	f, rule := a.raffleRun.frozen, a.Raffle.Eligible
	part := s.findActivity(rule.TookPart)
	early := s.joinedBefore(rule.JoinedBefore)
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
func (f *freeze) unfitReason(entrant uint32) string {
	if draw := f.elsewhere[entrant]; draw > 0 {
		return fairdraw.SkipElsewhere(draw)
	}
	switch f.ruledOut(entrant) {
	case noPart:
		return fairdraw.SkipTookPart(f.facts.Rules.TookPart)
	case joinedLate:
		return fairdraw.SkipLate
	case notHere:
		return fairdraw.SkipNotHere
	}
	return ""
}

// ruledOut is why an entrant cannot win by the raffle's rules.
func (f *freeze) ruledOut(entrant uint32) unfitness {
	if f.unfit == nil {
		return 0
	}
	return f.unfit[entrant]
}

// wonElsewhere are the entrants of a frozen list who can win by the rules but stand
// as winners of another raffle, with the draw.
func (s *State) wonElsewhere(a *activity) map[uint32]int {
	out := map[uint32]int{}
	if a.Raffle.Again {
		return out
	}
	for _, b := range s.activities {
		if b == a || b.raffleRun == nil {
			continue
		}
		for _, w := range b.raffleRun.winners {
			if e := a.raffleRun.ticketOf.get(w.who); e != 0 && a.raffleRun.frozen.ruledOut(e-1) == 0 {
				out[e-1] = w.Draw
			}
		}
	}
	return out
}

// spentEntrants are those who have won in a raffle's run, with the reason to pass
// them over.
func (r *raffleRun) spentEntrants() map[uint32]string {
	out := map[uint32]string{}
	for _, w := range r.winners {
		out[r.ticketOf.get(w.who)-1] = fairdraw.SkipWon
	}
	for _, v := range r.voided {
		out[r.ticketOf.get(v.who)-1] = fairdraw.SkipVoided
	}
	return out
}

// candidatesLeft is how many entrants of the frozen list can still win.
func (s *State) candidatesLeft(a *activity) int {
	elsewhere := s.wonElsewhere(a)
	n := a.raffleRun.frozen.fit - len(elsewhere)
	for e := range a.raffleRun.spentEntrants() { // only counted, so the order does not matter
		if elsewhere[e] == 0 {
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
	Run    int
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
	return Receipt{entrant.ticket, entrant.nonce, a.run, a.raffleRun.frozen}, nil
}

// List is the frozen list. It is computed where it was not, so no lock may be
// held.
func (r Receipt) List() *fairdraw.List { return r.list.entrantList() }

// Freeze is what the list was frozen with, once List has computed it.
func (r Receipt) Freeze() *fairdraw.Freeze { return r.list.ready() }
