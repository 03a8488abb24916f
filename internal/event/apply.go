package event

import (
	"fmt"
	"slices"

	"drumroll/internal/fairdraw"
)

// Status is what became of an entry.
type Status uint8

// The statuses of an entry.
const (
	Counted   Status = iota + 1 // first of its participant in this run
	Changed                     // replaced an earlier choice
	Unchanged                   // the standing choice (or ticket) stays as it is
	TooLate                     // the run is not open at this position
	Malformed                   // names no such activity or option, or too many
)

// Outcome is the fold's answer to one item of a batch.
type Outcome struct {
	Status Status // 0 for a join
	Run    int    // the run it counts in
	// Ticket is set for a raffle entry that is in.
	Ticket    fairdraw.Ticket
	HasTicket bool
}

// Result is what one record did. Apply overwrites it, so that it can be reused.
type Result struct {
	Identity
	// Repeat: the record's identity was seen before (or is another event's); it
	// did nothing.
	Repeat bool
	Counts bool // counts or people moved

	// Batch records: one outcome per item, in order, and whose entries counted
	// or changed, or who took a name.
	Outcomes []Outcome
	Who      []Participant

	// Control records.
	Command  *Command
	Refusal  *Refusal  // nil: accepted
	Activity *Activity // the activity that the command names, after it, for the host
	ID       int       // of what an add or remote made
}

// Apply folds one record at its position. It returns ErrNewer or ErrDamaged
// (wrapped), with the state unchanged, where the record cannot be folded.
func (s *State) Apply(at Position, data []byte, res *Result) error {
	*res = Result{Outcomes: res.Outcomes[:0], Who: res.Who[:0]}
	kind, body, err := unseal(data)
	if err != nil {
		return err
	}
	if kind == kindBatch {
		return s.applyBatch(at, body, res)
	}
	c, err := decodeCommand(body)
	if err != nil {
		return err
	}
	return s.applyCommand(at, c, res)
}

// fresh notes an identity; false where the record must be dropped.
func (s *State) fresh(id Identity, res *Result) bool {
	res.Identity = id
	if id.UID != s.uid || id.Seq <= s.producers[id.Producer] {
		res.Repeat = true
		return false
	}
	s.producers[id.Producer] = id.Seq
	return true
}

func (s *State) applyBatch(at Position, body []byte, res *Result) error {
	r, err := openBatch(body)
	if err != nil {
		return err
	}
	// A batch is folded whole or not at all, so it is read through before the
	// first item changes anything.
	var it Item
	for check := r; ; {
		more, err := check.next(&it)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if !s.created {
		return fmt.Errorf("%w: the log does not begin with a create record", ErrDamaged)
	}
	s.at = at
	if !s.fresh(r.id, res) {
		return nil
	}
	joined := s.people.ids.len
	for {
		more, _ := r.next(&it)
		if !more {
			if s.people.ids.len > joined {
				s.arrivals = append(s.arrivals, arrival{from: joined, ms: at.Ms})
			}
			return nil
		}
		out := s.applyItem(&it, res)
		res.Outcomes = append(res.Outcomes, out)
		if out.Status == Counted || out.Status == Changed {
			res.Who = append(res.Who, it.Participant)
		}
	}
}

func (s *State) applyItem(it *Item, res *Result) Outcome {
	if it.Kind == Join {
		i, added := s.people.join(it.Participant)
		res.Counts = res.Counts || added
		if it.Name != "" && s.names {
			s.rename(i, it.Name)
			res.Counts = true
			res.Who = append(res.Who, it.Participant)
		}
		return Outcome{}
	}
	a := s.find(it.Activity)
	if a == nil {
		return Outcome{Status: Malformed}
	}
	if a.state != Open || it.Run != a.run {
		return Outcome{Status: TooLate, Run: a.run}
	}
	if (it.Kind == Vote) != (a.Kind == Poll) || it.Kind == Here && !a.Eligible.CheckedIn || it.Kind == Vote && !it.Choice.within(len(a.Options), a.MaxChoices) {
		return Outcome{Status: Malformed, Run: a.run}
	}
	i, joined := s.people.join(it.Participant)
	res.Counts = res.Counts || joined
	var out Outcome
	switch it.Kind {
	case Vote:
		out = a.tally.vote(i, it)
	case Here:
		out = a.tally.checkIn(i)
	default:
		out = a.tally.enter(i, it, s.uid, a.id, a.run)
	}
	out.Run = a.run
	if out.Status != Unchanged {
		res.Counts = true
	}
	return out
}

func (t *tally) vote(i uint32, it *Item) Outcome {
	t.choices.grow(int(i) + 1)
	t.ns.grow(int(i) + 1)
	had, n := t.choices.at(i), t.ns.at(i)
	if it.N != 0 && it.N < *n {
		// Sent before the standing choice, by a node that stalled.
		return Outcome{Status: Unchanged}
	}
	*n = max(*n, it.N)
	switch *had {
	case it.Choice:
		return Outcome{Status: Unchanged}
	case 0:
		t.entries++
	}
	out := Outcome{Status: Counted}
	if *had != 0 {
		out.Status = Changed
	}
	for o := range had.All() {
		t.counts[o]--
	}
	for o := range it.Choice.All() {
		t.counts[o]++
	}
	*had = it.Choice
	return out
}

func (t *tally) enter(i uint32, it *Item, uid UID, activity, run int) Outcome {
	t.ticketOf.grow(int(i) + 1)
	t.ns.grow(int(i) + 1)
	n := t.ns.at(i)
	*n = max(*n, it.N)
	at := t.ticketOf.at(i)
	if *at != 0 {
		return Outcome{Status: Unchanged, Ticket: t.entrants.at(*at - 1).ticket, HasTicket: true}
	}
	ticket := fairdraw.MakeTicket(uid, uint64(activity), uint64(run), it.Pseudonym, it.Nonce)
	t.entrants.add(entrant{who: i, ticket: ticket, nonce: it.Nonce})
	*at = uint32(t.entrants.len)
	t.entries++
	return Outcome{Status: Counted, Ticket: ticket, HasTicket: true}
}

func (t *tally) checkIn(i uint32) Outcome {
	t.here.grow(int(i) + 1)
	here := t.here.at(i)
	if *here {
		return Outcome{Status: Unchanged}
	}
	*here = true
	return Outcome{Status: Counted}
}

func (s *State) rename(i uint32, text string) {
	if s.people.names == nil {
		s.people.names = map[uint32]*name{}
	}
	if n := s.people.names[i]; n != nil {
		n.text = text // a hidden one stays hidden: hiding is about the person's choice of words
	} else {
		s.people.names[i] = &name{text: text}
		s.named = append(s.named, i)
	}
	// A crowd that names itself must not have whole states sent to everybody: the
	// host alone sees all names, the others those of winners.
	s.backstage++
	if s.hasWon(s.people.id(i)) {
		s.structure++
	}
}

func (s *State) hasWon(p Participant) bool {
	return slices.ContainsFunc(s.draws, func(d *Draw) bool {
		return slices.ContainsFunc(d.won, func(w WinnerTicket) bool { return w.Participant == p })
	})
}

func (s *State) applyCommand(at Position, c *Command, res *Result) error {
	if c.Type == CmdCreate {
		return s.applyCreate(at, c, res)
	}
	do, known := commands[c.Type]
	if !known {
		return fmt.Errorf("%w: command %q", ErrNewer, c.Type)
	}
	if !s.created {
		return fmt.Errorf("%w: the log does not begin with a create record", ErrDamaged)
	}
	s.at = at
	if !s.fresh(c.Identity, res) {
		return nil
	}
	res.Command = c
	if s.deleted {
		res.Refusal = conflict("the event was deleted")
		return nil
	}
	if res.Refusal = do(s, at, c, res); res.Refusal == nil {
		s.structure++
	}
	id := c.Activity
	if c.Type == CmdAdd {
		id = res.ID
	}
	if a := s.find(id); a != nil {
		view := s.activityView(a)
		res.Activity = &view
	}
	return nil
}

func (s *State) applyCreate(at Position, c *Command, res *Result) error {
	if c.Create == nil {
		return fmt.Errorf("%w: create record without its data", ErrDamaged)
	}
	s.at = at
	res.Identity, res.Command = c.Identity, c
	if s.created {
		res.Repeat = true
		return nil
	}
	s.created = true
	s.uid = c.UID
	s.code, s.title, s.hostKey = c.Create.Code, c.Create.Title, c.Create.HostKey
	s.createdMs, s.names = c.Create.Ms, c.Create.Names
	s.rehearsal, s.of = c.Create.Rehearsal, c.Create.Of
	s.producers[c.Producer] = c.Seq
	s.structure++
	return nil
}
