package event

// PollView is what a Snapshot shows of a poll alone.
type PollView struct {
	Options    []string
	MaxChoices int
}

func (poll) view(_ *State, a *activity, v *Activity) {
	v.Poll = &PollView{Options: a.Poll.Options, MaxChoices: a.Poll.MaxChoices}
}
