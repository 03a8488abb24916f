package event

import "slices"

// commands holds what each type of Command does. A function either returns a
// Refusal and has changed nothing, or has done it all.
var commands = map[string]func(*State, Position, *Command, *Result) *Refusal{
	CmdSettings: (*State).settings,
	CmdAdd:      (*State).add,
	CmdEdit:     (*State).edit,
	CmdRemove:   (*State).remove,
	CmdOrder:    (*State).order,
	CmdCurrent:  (*State).setCurrent,
	CmdOpen:     (*State).open,
	CmdExtend:   (*State).extend,
	CmdClose:    (*State).close,
	CmdReveal:   (*State).reveal,
	CmdReset:    (*State).reset,
	CmdDraw:     (*State).draw,
	CmdRedraw:   (*State).draw,
	CmdArm:      (*State).arm,
	CmdAbandon:  (*State).abandon,
	CmdSpent:    (*State).spendRun,
	CmdVoid:     (*State).void,
	CmdClaim:    (*State).claim,
	CmdConfirm:  (*State).confirm,
	CmdResults:  (*State).results,
	CmdRemote:   (*State).addRemote,
	CmdRevoke:   (*State).revoke,
	CmdHide:     (*State).hide,
	CmdDelete:   (*State).delete,
}

func unknownActivity(id int) *Refusal {
	return &Refusal{Unknown, "there is no such activity"}
}

func (s *State) settings(_ Position, c *Command, _ *Result) *Refusal {
	if c.Title != nil {
		s.title = *c.Title
	}
	if c.Names != nil {
		s.names = *c.Names
	}
	return nil
}

func (s *State) add(_ Position, c *Command, res *Result) *Refusal {
	if c.Spec == nil {
		return invalid("an activity needs its kind and title")
	}
	if len(s.activities) >= MaxActivities {
		return conflict("an event has at most %d activities", MaxActivities)
	}
	if no := s.unknownPart(c.Spec, s.nextID); no != nil {
		return no
	}
	a := &activity{id: s.nextID, state: Draft, run: 1}
	a.Spec = *c.Spec
	a.tally.counts = make([]int, len(a.Options))
	s.nextID++
	s.activities = append(s.activities, a)
	res.ID = a.id
	return nil
}

func (s *State) edit(_ Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case c.Spec == nil:
		return invalid("an activity needs its kind and title")
	case a.state != Draft:
		return conflict("only drafts can be changed, and this one is %s", a.state)
	case c.Spec.Kind != a.Kind:
		return invalid("a %s cannot become a %s", a.Kind, c.Spec.Kind)
	}
	if no := s.unknownPart(c.Spec, a.id); no != nil {
		return no
	}
	a.Spec = *c.Spec
	a.tally.counts = make([]int, len(a.Options))
	return nil
}

func (s *State) remove(_ Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.state != Draft:
		return conflict("only drafts can be deleted, and this one is %s", a.state)
	}
	s.activities = slices.DeleteFunc(s.activities, func(b *activity) bool { return b == a })
	if s.current == a.id {
		s.current = 0
	}
	return nil
}

func (s *State) order(_ Position, c *Command, _ *Result) *Refusal {
	have := make([]int, len(s.activities))
	for i, a := range s.activities {
		have[i] = a.id
	}
	slices.Sort(have)
	want := slices.Clone(c.Order)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		// Somebody added or deleted one meanwhile, or the list is wrong.
		return conflict("the order must name each of the event's activities once")
	}
	ordered := make([]*activity, len(c.Order))
	for i, id := range c.Order {
		ordered[i] = s.find(id)
	}
	s.activities = ordered
	return nil
}

func (s *State) setCurrent(_ Position, c *Command, _ *Result) *Refusal {
	if c.Activity != 0 && s.find(c.Activity) == nil {
		return unknownActivity(c.Activity)
	}
	s.current = c.Activity
	return nil
}

func (s *State) open(at Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.state == Draft:
	case a.state == Closed && a.Kind == Poll:
	case a.state == Closed:
		return conflict("the entrant list is frozen: a closed raffle cannot be opened again in this run")
	default:
		return conflict("it is %s and cannot be opened", a.state)
	}
	if c.Seconds < 0 || c.Seconds > MaxSeconds {
		return invalid("seconds must be 1 to %d", MaxSeconds)
	}
	if a.Kind == Raffle {
		if c.Commitment == nil || c.Run != a.run {
			return conflict("the raffle was reset meanwhile")
		}
		if c.Chain != nil && c.Chain.Check() != nil || c.Chain == nil && a.Beacon {
			return conflict("this raffle needs a public beacon, and the open names none")
		}
		a.chain = c.Chain
		a.commitment, a.lastSeed, a.committed = *c.Commitment, *c.Commitment, true
	}
	a.state = Open
	a.deadlineMs, a.deadlineSet = 0, Position{}
	if c.Seconds > 0 {
		a.deadlineMs, a.deadlineSet = at.Ms+1000*uint64(c.Seconds), at
	}
	s.current = a.id
	return nil
}

func (s *State) extend(at Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.state != Open:
		return conflict("it is %s: no countdown is running", a.state)
	case a.deadlineMs == 0:
		return conflict("it has no time limit")
	case c.Seconds < 1 || c.Seconds > MaxSeconds:
		return invalid("seconds must be 1 to %d", MaxSeconds)
	}
	// Never by less than asked: a countdown that has just run out starts anew.
	a.deadlineMs = max(a.deadlineMs, at.Ms) + 1000*uint64(c.Seconds)
	a.deadlineSet = at
	return nil
}

func (s *State) close(at Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.state != Open:
		return conflict("it is %s, not open", a.state)
	case c.Deadline != nil && *c.Deadline != a.deadlineSet:
		return conflict("its countdown was changed meanwhile")
	}
	a.state = Closed
	a.deadlineMs, a.deadlineSet = 0, Position{}
	if a.Kind == Raffle {
		s.freeze(at, a)
	}
	return nil
}

func (s *State) reveal(_ Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.Kind != Poll:
		return conflict("a raffle is drawn, not revealed")
	case a.state != Closed:
		return conflict("it is %s: only a closed poll can be revealed", a.state)
	}
	a.state = Revealed
	return nil
}

func (s *State) reset(_ Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.state == Draft:
		return conflict("it is a draft: there is nothing to reset")
	}
	if a.pending != nil {
		// A draw whose outcome would have been known soon: that it was thrown
		// away has to show.
		a.line.abandoned = true
	}
	*a = activity{Spec: a.Spec, id: a.id, state: Draft, run: max(a.run, a.spent) + 1, spent: a.spent}
	a.tally.counts = make([]int, len(a.Options))
	return nil
}

func (s *State) results(_ Position, c *Command, _ *Result) *Refusal {
	a := s.find(c.Activity)
	switch {
	case a == nil:
		return unknownActivity(c.Activity)
	case a.Kind != Poll:
		return conflict("a raffle has no results to hide")
	case a.state == Revealed:
		return conflict("the results are revealed already")
	case c.Results != Live && c.Results != Hidden:
		return invalid("results must be %q or %q", Live, Hidden)
	}
	a.Results = c.Results
	return nil
}

func (s *State) addRemote(_ Position, c *Command, res *Result) *Refusal {
	if c.Hash == nil {
		return invalid("a remote needs the hash of its key")
	}
	if len(s.remotes) >= MaxRemotes {
		return conflict("an event has at most %d remotes: revoke one first", MaxRemotes)
	}
	res.ID = s.nextRemote
	s.remotes = append(s.remotes, remote{s.nextRemote, c.Label, *c.Hash})
	s.nextRemote++
	return nil
}

func (s *State) revoke(_ Position, c *Command, _ *Result) *Refusal {
	at := slices.IndexFunc(s.remotes, func(r remote) bool { return r.id == c.Remote })
	if at < 0 {
		return &Refusal{Unknown, "there is no such remote"}
	}
	s.remotes = slices.Delete(s.remotes, at, at+1)
	return nil
}

func (s *State) hide(_ Position, c *Command, _ *Result) *Refusal {
	i, ok := s.people.find(c.Person)
	if !ok || s.people.names[i] == nil {
		return &Refusal{Unknown, "nobody with a chosen name has this id"}
	}
	s.people.names[i].hidden = c.Hidden
	return nil
}

func (s *State) delete(Position, *Command, *Result) *Refusal {
	s.deleted = true
	return nil
}
