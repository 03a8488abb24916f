package event

import (
	"fmt"
	"testing"
)

// bring makes an activity of the kind with three participants in it, up to a state.
func bring(t *testing.T, kind, state string) (*journal, int) {
	j := newJournal(t, false)
	var id int
	switch kind {
	case Poll:
		id = j.addPoll(Live, 1, "tabs", "spaces")
	case Scale:
		id = j.do(Command{Type: CmdAdd, Spec: scaleSpec(1, 5, Live)}).ID
	default:
		id = j.addRaffle(1)
	}
	if state == Draft {
		return j, id
	}
	j.open(id)
	if kind != Raffle {
		j.batch(vote(1, id, 1, 1, 0), vote(2, id, 1, 1, 1), vote(3, id, 1, 1, 1))
	} else {
		j.enterAll(id, 3)
	}
	if state == Open {
		return j, id
	}
	j.verb(CmdClose, id)
	switch state {
	case Revealed:
		j.verb(CmdReveal, id)
	case Drawn:
		j.do(j.drawing(id))
	}
	if got := j.activity(id).State; got != state {
		t.Fatalf("brought a %s to %s, want %s", kind, got, state)
	}
	return j, id
}

// command makes each verb as well as it can be made in the present state.
func (j *journal) command(verb string, id int) Command {
	switch verb {
	case CmdOpen:
		return j.opening(id)
	case CmdDraw:
		if r := j.s.findActivity(id).raffleRun; r != nil && r.pending != nil {
			return j.completing(id)
		}
		return j.drawing(id)
	case CmdArm:
		c := j.arming(id, "")
		if w := j.winners(id); len(w) > 0 && len(j.s.draws)%2 == 0 {
			c = j.arming(id, w[0].Ticket.String())
		}
		return c
	case CmdVoid, CmdClaim, CmdConfirm:
		c := Command{Type: verb, Activity: id, Reason: "not in the room"}
		if w := j.winners(id); len(w) > 0 {
			c.Void, c.Ticket, c.Person = w[0].Ticket.String(), w[0].Ticket.String(), w[0].Person
		}
		return c
	case CmdRedraw:
		ticket := "00"
		if w := j.winners(id); len(w) > 0 {
			ticket = w[0].Ticket.String()
		}
		return j.redrawing(id, ticket)
	case CmdEdit:
		spec := j.s.findActivity(id).Spec
		spec.Title = "Another title"
		return Command{Type: verb, Activity: id, Spec: &spec}
	case CmdExtend:
		return Command{Type: verb, Activity: id, Seconds: 30}
	case CmdResults:
		return Command{Type: verb, Activity: id, Results: Hidden}
	}
	return Command{Type: verb, Activity: id}
}

func TestEveryVerbInEveryState(t *testing.T) {
	const same = "same" // accepted, in the state as it was
	const gone = "gone"
	verbs := []string{CmdOpen, CmdClose, CmdReveal, CmdReset, CmdDraw, CmdRedraw, CmdEdit, CmdRemove, CmdExtend, CmdResults, CmdVoid, CmdClaim, CmdConfirm, CmdArm, CmdAbandon}
	// What is absent is refused.
	voting := map[string]map[string]string{
		Draft:    {CmdOpen: Open, CmdEdit: same, CmdRemove: gone, CmdResults: same},
		Open:     {CmdClose: Closed, CmdReset: Draft, CmdResults: same},
		Closed:   {CmdOpen: Open, CmdReveal: Revealed, CmdReset: Draft, CmdResults: same},
		Revealed: {CmdReset: Draft},
	}
	table := map[string]map[string]map[string]string{
		Poll:  voting,
		Scale: voting,
		Raffle: {
			Draft:  {CmdOpen: Open, CmdEdit: same, CmdRemove: gone},
			Open:   {CmdClose: Closed, CmdReset: Draft},
			Closed: {CmdDraw: Drawn, CmdReset: Draft},
			Drawn:  {CmdDraw: Drawn, CmdRedraw: Drawn, CmdReset: Draft, CmdVoid: Drawn, CmdClaim: Drawn, CmdConfirm: Drawn},
		},
	}
	for kind, states := range table {
		for state, accepted := range states {
			for _, verb := range verbs {
				t.Run(fmt.Sprintf("%s/%s/%s", kind, state, verb), func(t *testing.T) {
					j, id := bring(t, kind, state)
					c := j.command(verb, id)
					want, ok := accepted[verb]
					if !ok {
						j.refuse(Conflict, c)
						res := j.propose(c)
						if res.Activity == nil || res.Activity.State != state {
							t.Errorf("the refusal does not carry the activity as it is: %+v", res.Activity)
						}
						return
					}
					structure := j.s.Structure()
					res := j.do(c)
					if j.s.Structure() == structure {
						t.Error("the structure number did not rise")
					}
					if want == gone {
						if j.s.findActivity(id) != nil || res.Activity != nil {
							t.Errorf("still there: %+v", res.Activity)
						}
						return
					}
					if want == same {
						want = state
					}
					if res.Activity == nil || res.Activity.State != want {
						t.Errorf("state %+v, want %s", res.Activity, want)
					}
				})
			}
		}
	}
}

func TestVerbsOfNoActivity(t *testing.T) {
	j, _ := bring(t, Poll, Open)
	for _, verb := range []string{CmdOpen, CmdClose, CmdReveal, CmdReset, CmdDraw, CmdRedraw, CmdRemove, CmdCurrent} {
		j.refuse(Unknown, Command{Type: verb, Activity: 99})
	}
	j.refuse(Unknown, Command{Type: CmdEdit, Activity: 99, Spec: scaleSpec(1, 5, Live)})
	j.refuse(Unknown, Command{Type: CmdExtend, Activity: 99, Seconds: 1})
	j.refuse(Unknown, Command{Type: CmdResults, Activity: 99, Results: Live})
}

func TestResetBeginsARun(t *testing.T) {
	for _, state := range []string{Open, Closed, Revealed} {
		j, id := bring(t, Poll, state)
		j.verb(CmdReset, id)
		a := j.activity(id)
		if a.Run != 2 || a.Entries != 0 || a.Counts[0]+a.Counts[1] != 0 || a.DeadlineMs != 0 {
			t.Errorf("reset of a poll that was %s: %+v", state, a)
		}
		if y := j.s.You(1); len(y.Choices) != 0 || y.N != 0 {
			t.Errorf("after the reset the phone is told %+v", y)
		}
		j.open(id)
		if out := j.one(vote(1, id, 1, 9, 0)); out.Status != TooLate || out.Run != 2 {
			t.Errorf("an entry for the run before: %+v", out)
		}
		if out := j.one(vote(1, id, 2, 1, 0)); out.Status != Counted {
			t.Errorf("a new run counts n from the start: %+v", out)
		}
	}
}

func TestReopenedPollGoesOn(t *testing.T) {
	j, id := bring(t, Poll, Closed)
	j.open(id)
	if a := j.activity(id); a.Run != 1 || a.Entries != 3 {
		t.Errorf("an early close undone: %+v", a)
	}
	if out := j.one(vote(1, id, 1, 2, 1)); out.Status != Changed {
		t.Errorf("a vote after it: %+v", out)
	}
}

func TestNothingAfterDelete(t *testing.T) {
	j, id := bring(t, Poll, Open)
	j.do(Command{Type: CmdDelete})
	if !j.s.Deleted() {
		t.Fatal("not deleted")
	}
	j.refuse(Conflict, Command{Type: CmdClose, Activity: id})
	j.refuse(Conflict, Command{Type: CmdDelete})
}
