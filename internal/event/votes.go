package event

import (
	"slices"
	"strconv"
)

// votes is what a run has counted whose entries are choices among options, dense
// by participant index.
type votes struct {
	most    int // options that one participant may choose
	first   int // number of the first option, as entries give it
	counts  []int
	choices column[Choice]
	ns      column[uint32]
}

// voting is what the kinds have in common whose entries are choices. Their begin
// makes the votes.
type voting struct{}

var votingVerbs = map[string]verb{CmdReveal: revealResults, CmdResults: setResults}

func (voting) verbs() map[string]verb               { return votingVerbs }
func (voting) open(*activity, *Command) *Refusal    { return nil }
func (voting) reopen() *Refusal                     { return nil }
func (voting) close(*State, *activity, Position)    {}
func (voting) discard(*activity)                    {}
func (voting) entered(a *activity, who uint32) bool { return a.votes.choices.get(who) != 0 }

func (voting) takes(a *activity, it Item) bool {
	return it.Kind == ItemVote && it.Choice().within(len(a.votes.counts), a.votes.most)
}

func (voting) enter(_ *State, a *activity, who uint32, it *Item) Outcome {
	v := a.votes
	v.choices.grow(int(who) + 1)
	v.ns.grow(int(who) + 1)
	had, n := v.choices.at(who), v.ns.at(who)
	if it.N != 0 && it.N < *n {
		// Sent before the standing choice, by a node that stalled.
		return Outcome{Status: Unchanged}
	}
	*n = max(*n, it.N)
	choice := it.Choice()
	out := Outcome{Status: Changed}
	switch *had {
	case choice:
		return Outcome{Status: Unchanged}
	case 0:
		out.Status = Counted
		a.entries++
	}
	for o := range had.All() {
		v.counts[o]--
	}
	for o := range choice.All() {
		v.counts[o]++
	}
	*had = choice
	return out
}

func (voting) you(a *activity, who uint32, y *You) {
	y.N = max(y.N, a.votes.ns.get(who))
	for o := range a.votes.choices.get(who).All() {
		y.Choices[a.id] = append(y.Choices[a.id], a.votes.first+o)
	}
}

func revealResults(_ *State, a *activity, _ Position, _ *Command) *Refusal {
	if a.state != Closed {
		return conflict("it is %s: only what is closed can be revealed", a.state)
	}
	a.state = Revealed
	return nil
}

func setResults(_ *State, a *activity, _ Position, c *Command) *Refusal {
	if a.state == Revealed {
		return conflict("the results are revealed already")
	}
	if no := checkResults(c.Results); no != nil {
		return no
	}
	a.Results = c.Results
	return nil
}

func (voting) numbers(a *activity, v *Activity) {
	v.Entries, v.Counts = a.entries, slices.Clone(a.votes.counts)
}

func (voting) public(v *Activity) {
	if v.State != Revealed && (v.Results != Live || v.State == Draft) {
		v.Counts = nil
	}
}

func (voting) appendNumbers(dst []byte, v *Activity) []byte {
	if v.Counts == nil {
		return dst
	}
	dst = append(dst, `,"counts":[`...)
	for i, n := range v.Counts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, ']')
}
