package event

import "cmp"

// PollSpec is what a host says of a poll.
type PollSpec struct {
	Options    []string `json:"options"`               // 1 to MaxOptions
	MaxChoices int      `json:"max_choices,omitempty"` // that one participant may choose; 0: 1
}

// poll is a question with options; an entry chooses one or several of them.
type poll struct{ voting }

func (poll) normalize(spec *Spec) (err error) {
	p := *cmp.Or(spec.Poll, &PollSpec{})
	p.Options, err = texts("option", p.Options)
	p.MaxChoices = cmp.Or(p.MaxChoices, 1)
	spec.Poll = &p
	spec.defaultResults()
	return err
}

func (poll) check(spec *Spec) *Refusal {
	p := spec.Poll
	switch {
	case p == nil || len(p.Options) < 1 || len(p.Options) > MaxOptions:
		return invalid("a poll takes 1 to %d options", MaxOptions)
	case p.MaxChoices < 1 || p.MaxChoices > len(p.Options):
		return invalid("max_choices must be 1 to the number of options (%d)", len(p.Options))
	}
	return checkResults(spec.Results)
}

func (poll) begin(a *activity) {
	a.votes = &votes{most: a.Poll.MaxChoices, counts: make([]int, len(a.Poll.Options))}
}

func (poll) item(a *activity, e *Entry) (Item, bool) {
	var choice Choice
	for _, o := range e.Choice {
		if !choice.Add(o) {
			return Item{}, false
		}
	}
	return VoteItem(choice), e.Value == nil
}

func (poll) view(_ *State, a *activity, v *Activity) { v.Poll = a.Poll }
