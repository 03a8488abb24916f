package event

import "slices"

// commands holds what each type of Command does that concerns the event. A
// function either returns a Refusal and has changed nothing, or has done it all.
var commands = map[string]func(*State, *Command, *Result) *Refusal{
	CmdSettings: (*State).changeSettings,
	CmdAdd:      (*State).addActivity,
	CmdOrder:    (*State).setOrder,
	CmdCurrent:  (*State).setCurrent,
	CmdRemote:   (*State).addRemote,
	CmdRevoke:   (*State).revokeRemote,
	CmdHide:     (*State).hideName,
	CmdDelete:   (*State).deleteEvent,
}

// activityVerbs holds what each type of Command does that all kinds of activity
// know.
var activityVerbs = map[string]verb{
	CmdEdit:   editDraft,
	CmdRemove: removeDraft,
	CmdOpen:   openRun,
	CmdExtend: extendCountdown,
	CmdClose:  closeRun,
	CmdReset:  resetRun,
}

// decide folds a command whose identity is new.
func (s *State) decide(at Position, c *Command, res *Result) *Refusal {
	if do, known := commands[c.Type]; known {
		return do(s, c, res)
	}
	a := s.findActivity(c.Activity)
	if a == nil {
		return unknownActivity()
	}
	do, known := activityVerbs[c.Type]
	if !known {
		do, known = a.kind.verbs()[c.Type]
	}
	if !known {
		return conflict("a %s has no %s", a.Kind, c.Type)
	}
	return do(s, a, at, c)
}

// newerPart names what a command holds that this version does not know, or "".
func (c *Command) newerPart() string {
	switch {
	case !knownCommand(c.Type):
		return "command " + c.Type
	case c.Spec != nil && c.Spec.check() != nil:
		return "activity of kind " + c.Spec.Kind + ": " + c.Spec.check().Detail
	case c.Results != "" && checkResults(c.Results) != nil:
		return "results " + c.Results
	}
	return ""
}

func knownCommand(name string) bool {
	if _, known := commands[name]; known || name == CmdCreate {
		return true
	}
	if _, known := activityVerbs[name]; known {
		return true
	}
	for _, k := range kinds { // any of them will do, so the order does not matter
		if _, known := k.verbs()[name]; known {
			return true
		}
	}
	return false
}

func unknownActivity() *Refusal { return &Refusal{Unknown, "there is no such activity"} }

func (s *State) changeSettings(c *Command, _ *Result) *Refusal {
	if c.Title != nil {
		s.title = *c.Title
	}
	if c.Names != nil {
		s.names = *c.Names
	}
	return nil
}

func (s *State) addActivity(c *Command, res *Result) *Refusal {
	if c.Spec == nil {
		return invalid("an activity needs its kind and title")
	}
	if len(s.activities) >= MaxActivities {
		return conflict("an event has at most %d activities", MaxActivities)
	}
	if no := s.unknownPart(c.Spec, s.nextID); no != nil {
		return no
	}
	a := &activity{Spec: *c.Spec, kind: kinds[c.Spec.Kind], id: s.nextID, state: Draft, run: 1}
	a.kind.begin(a)
	s.nextID++
	s.activities = append(s.activities, a)
	res.ID = a.id
	return nil
}

func editDraft(s *State, a *activity, _ Position, c *Command) *Refusal {
	switch {
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
	a.kind.begin(a)
	return nil
}

func removeDraft(s *State, a *activity, _ Position, _ *Command) *Refusal {
	if a.state != Draft {
		return conflict("only drafts can be deleted, and this one is %s", a.state)
	}
	s.activities = slices.DeleteFunc(s.activities, func(b *activity) bool { return b == a })
	if s.current == a.id {
		s.current = 0
	}
	return nil
}

func (s *State) setOrder(c *Command, _ *Result) *Refusal {
	have := make([]int, len(s.activities))
	for i, a := range s.activities {
		have[i] = a.id
	}
	slices.Sort(have)
	want := slices.Clone(c.Order)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		// Another host added or deleted one in the meantime, or the list is wrong.
		return conflict("the order must name each of the event's activities once")
	}
	ordered := make([]*activity, len(c.Order))
	for i, id := range c.Order {
		ordered[i] = s.findActivity(id)
	}
	s.activities = ordered
	return nil
}

func (s *State) setCurrent(c *Command, _ *Result) *Refusal {
	if c.Activity != 0 && s.findActivity(c.Activity) == nil {
		return unknownActivity()
	}
	s.current = c.Activity
	return nil
}

func openRun(s *State, a *activity, at Position, c *Command) *Refusal {
	switch {
	case a.state == Draft:
	case a.state != Closed:
		return conflict("it is %s and cannot be opened", a.state)
	default:
		if no := a.kind.reopen(); no != nil {
			return no
		}
	}
	if c.Seconds < 0 || c.Seconds > MaxSeconds {
		return invalid("seconds must be 1 to %d", MaxSeconds)
	}
	if no := a.kind.open(a, c); no != nil {
		return no
	}
	a.state = Open
	a.deadlineMs, a.deadlineSet = 0, Position{}
	if c.Seconds > 0 {
		a.deadlineMs, a.deadlineSet = at.Ms+1000*uint64(c.Seconds), at
	}
	s.current = a.id
	return nil
}

func extendCountdown(_ *State, a *activity, at Position, c *Command) *Refusal {
	switch {
	case a.state != Open:
		return conflict("it is %s: no countdown is running", a.state)
	case a.deadlineMs == 0:
		return conflict("it has no time limit")
	case c.Seconds < 1 || c.Seconds > MaxSeconds:
		return invalid("seconds must be 1 to %d", MaxSeconds)
	}
	// Never by less than asked: a countdown that has just run out starts again.
	a.deadlineMs = max(a.deadlineMs, at.Ms) + 1000*uint64(c.Seconds)
	a.deadlineSet = at
	return nil
}

func closeRun(s *State, a *activity, at Position, c *Command) *Refusal {
	switch {
	case a.state != Open:
		return conflict("it is %s, not open", a.state)
	case c.Deadline != nil && *c.Deadline != a.deadlineSet:
		return conflict("its countdown was changed in the meantime")
	}
	s.endEntries(a, at)
	return nil
}

// endEntries closes an open run.
func (s *State) endEntries(a *activity, at Position) {
	a.state = Closed
	a.deadlineMs, a.deadlineSet = 0, Position{}
	a.kind.close(s, a, at)
}

func resetRun(_ *State, a *activity, _ Position, _ *Command) *Refusal {
	if a.state == Draft {
		return conflict("it is a draft: there is nothing to reset")
	}
	a.kind.discard(a)
	*a = activity{Spec: a.Spec, kind: a.kind, id: a.id, state: Draft, run: max(a.run, a.spent) + 1, spent: a.spent}
	a.kind.begin(a)
	return nil
}

func (s *State) addRemote(c *Command, res *Result) *Refusal {
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

func (s *State) revokeRemote(c *Command, _ *Result) *Refusal {
	at := slices.IndexFunc(s.remotes, func(r remote) bool { return r.id == c.Remote })
	if at < 0 {
		return &Refusal{Unknown, "there is no such remote"}
	}
	s.remotes = slices.Delete(s.remotes, at, at+1)
	return nil
}

func (s *State) hideName(c *Command, _ *Result) *Refusal {
	i, ok := s.people.indexOf(c.Person)
	if !ok || s.people.names[i] == nil {
		return &Refusal{Unknown, "no participant with a chosen name has this id"}
	}
	s.people.names[i].hidden = c.Hidden
	return nil
}

func (s *State) deleteEvent(*Command, *Result) *Refusal {
	s.deleted = true
	return nil
}
