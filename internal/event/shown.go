package event

// ShownRun is what people have seen of a run that can never be taken back: its
// freezes, and the seeds that its draws revealed.
type ShownRun struct {
	activity, run, freezes, draws int
}

// Shown lists the runs of which something was shown that cannot be taken back.
func (s *State) Shown() []ShownRun {
	var out []ShownRun
	for _, a := range s.activities {
		if r := a.raffleRun; r != nil && r.frozen != nil {
			out = append(out, ShownRun{a.id, a.run, r.frozen.facts.Number, r.last.Element})
		}
	}
	return out
}

// Lost compares with what an earlier fold of the same log had shown: a log can lose
// its newest records, and a list frozen again, or a seed revealed twice, would let
// the operator of the store try again. It returns the commands that give such runs up.
func (s *State) Lost(before []ShownRun) []Command {
	var out []Command
	for _, was := range before {
		a := s.findActivity(was.activity)
		if a == nil || a.raffleRun == nil || a.run > was.run {
			continue
		}
		if r := a.raffleRun; a.run < was.run || r.frozen == nil || r.frozen.facts.Number < was.freezes || r.last.Element < was.draws {
			out = append(out, Command{Type: CmdSpent, Activity: was.activity, Run: was.run})
		}
	}
	return out
}

// Heard reports whether the fold knows what a command of Lost says, or its activity
// is gone.
func (s *State) Heard(lost *Command) bool {
	a := s.findActivity(lost.Activity)
	return a == nil || a.spent >= lost.Run
}
