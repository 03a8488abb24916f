package event

import (
	"slices"
	"strconv"
)

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

// refresh is the view with the present counts; p is not changed.
func (p *PollView) refresh(t *tally) *PollView {
	if p.Counts == nil {
		return p // hidden from this viewer
	}
	out := *p
	out.Counts = slices.Clone(t.counts)
	return &out
}

func (p *PollView) appendNumbers(dst []byte) []byte {
	if p.Counts == nil {
		return dst
	}
	dst = append(dst, `,"counts":[`...)
	for i, c := range p.Counts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(c), 10)
	}
	return append(dst, ']')
}
