package event

import "slices"

// PollView is what a Snapshot shows of a poll alone.
type PollView struct {
	Options    []string
	MaxChoices int
	Results    string // Live or Hidden
	Counts     []int  // by option; nil where the viewer may not see them
}

func (s *State) pollView(a *activity) *PollView {
	return &PollView{Options: a.Options, MaxChoices: a.MaxChoices, Results: a.Results, Counts: slices.Clone(a.tally.counts)}
}

func (p *PollView) countsPublic(state string) bool {
	return state == Revealed || p.Results == Live && state != Draft
}

func (p *PollView) public(state string) *PollView {
	out := *p
	if !p.countsPublic(state) {
		out.Counts = nil
	}
	return &out
}
