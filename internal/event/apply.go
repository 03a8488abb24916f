package event

import (
	"fmt"

	"drumroll/internal/fairdraw"
)

// Status is what became of an entry.
type Status uint8

// The statuses of an entry.
const (
	Counted    Status = iota + 1 // first of its participant in this run
	Changed                      // replaced an earlier choice
	Unchanged                    // the standing choice (or ticket) stays as it is
	TooLate                      // the run is not open at this position
	Malformed                    // names no such activity or option, or too many
	NoActivity                   // of Entry alone: names no activity that this state knows
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

	item Item // room for the item that is being folded: through a kind's interface it would escape
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

// noteIdentity notes an identity; false where the record must be dropped.
func (s *State) noteIdentity(id Identity, res *Result) bool {
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
	it := &res.item
	for check := r; ; {
		more, err := check.nextItem(it)
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
	if !s.noteIdentity(r.id, res) {
		return nil
	}
	joined := s.people.ids.len
	for {
		more, _ := r.nextItem(it)
		if !more {
			*it = Item{} // a Result is kept for the next record, and must not keep this one
			if s.people.ids.len > joined {
				s.arrivals = append(s.arrivals, arrival{from: joined, ms: at.Ms})
			}
			return nil
		}
		out := s.applyItem(it, res)
		res.Outcomes = append(res.Outcomes, out)
		if out.Status == Counted || out.Status == Changed {
			res.Who = append(res.Who, it.Participant)
		}
	}
}

func (s *State) applyItem(it *Item, res *Result) Outcome {
	if it.Kind == ItemJoin {
		s.applyJoin(it, res)
		return Outcome{}
	}
	a := s.findActivity(it.Activity)
	if a == nil {
		return Outcome{Status: Malformed}
	}
	if a.state != Open || it.Run != a.run {
		return Outcome{Status: TooLate, Run: a.run}
	}
	if !a.kind.takes(a, *it) {
		return Outcome{Status: Malformed, Run: a.run}
	}
	who, joined := s.people.indexOrAdd(it.Participant)
	out := a.kind.enter(s, a, who, it)
	out.Run = a.run
	res.Counts = res.Counts || joined || out.Status != Unchanged
	return out
}

func (s *State) applyJoin(it *Item, res *Result) {
	who, added := s.people.indexOrAdd(it.Participant)
	res.Counts = res.Counts || added
	if len(it.Body) > 0 && s.names {
		s.setName(who, string(it.Body))
		res.Counts = true
		res.Who = append(res.Who, it.Participant)
	}
}

func (s *State) setName(i uint32, text string) {
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

func (s *State) applyCommand(at Position, c *Command, res *Result) error {
	if c.Type == CmdCreate {
		return s.applyCreate(at, c, res)
	}
	if !s.created {
		return fmt.Errorf("%w: the log does not begin with a create record", ErrDamaged)
	}
	s.at = at
	if !s.noteIdentity(c.Identity, res) {
		return nil
	}
	res.Command = c
	if s.deleted {
		res.Refusal = conflict("the event was deleted")
		return nil
	}
	if res.Refusal = s.decide(at, c, res); res.Refusal == nil {
		s.structure++
	}
	id := c.Activity
	if c.Type == CmdAdd {
		id = res.ID
	}
	if a := s.findActivity(id); a != nil {
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
