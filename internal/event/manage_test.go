package event

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (j *journal) running() []int {
	var ids []int
	for _, a := range j.s.Snapshot().Activities {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestOrder(t *testing.T) {
	j := newJournal(t, false)
	a, b, c := j.addPoll(Live, 1, "x"), j.addRaffle(1), j.addPoll(Live, 1, "x")
	j.do(Command{Type: CmdOrder, Order: []int{c, a, b}})
	if got := j.running(); !slices.Equal(got, []int{c, a, b}) {
		t.Errorf("order %v", got)
	}
	for _, bad := range [][]int{nil, {a, b}, {a, b, c, c}, {a, a, b}, {a, b, 99}} {
		j.refuse(Conflict, Command{Type: CmdOrder, Order: bad})
	}
}

func TestCurrent(t *testing.T) {
	j := newJournal(t, false)
	a, b := j.addPoll(Live, 1, "x"), j.addPoll(Live, 1, "x")
	current := func(want int) {
		t.Helper()
		if got := j.s.Snapshot().Current; got != want {
			t.Errorf("current %d, want %d", got, want)
		}
	}
	current(0)
	j.open(a)
	current(a)
	j.open(b)
	current(b)
	j.do(Command{Type: CmdCurrent, Activity: a})
	current(a)
	j.do(Command{Type: CmdCurrent})
	current(0)
	j.do(Command{Type: CmdCurrent, Activity: b})
	j.verb(CmdReset, b)
	j.verb(CmdRemove, b)
	current(0) // it is gone
}

func TestAddAndEdit(t *testing.T) {
	j := newJournal(t, false)
	j.refuse(Invalid, Command{Type: CmdAdd})
	id := j.addPoll(Live, 1, "x", "y")
	j.refuse(Invalid, Command{Type: CmdEdit, Activity: id})
	j.refuse(Invalid, Command{Type: CmdEdit, Activity: id, Spec: &Spec{Kind: Raffle, Title: "t", Raffle: &RaffleSpec{Winners: 1}}})
	j.do(Command{Type: CmdEdit, Activity: id, Spec: &Spec{Kind: Poll, Title: "t", Results: Hidden, Poll: &PollSpec{Options: []string{"p", "q", "r"}, MaxChoices: 3}}})
	j.open(id)
	if out := j.one(vote(1, id, 1, 1, 0, 1, 2)); out.Status != Counted {
		t.Errorf("a vote for the edited options: %+v", out)
	}
	j.verb(CmdReset, id)
	j.verb(CmdRemove, id)
	if next := j.addRaffle(1); next != id+1 {
		t.Errorf("the id %d was given again as %d", id, next)
	}

	for range MaxActivities - 1 {
		j.addRaffle(1)
	}
	j.refuse(Conflict, Command{Type: CmdAdd, Spec: &Spec{Kind: Raffle, Title: "one more", Raffle: &RaffleSpec{Winners: 1}}})
}

func TestResultsCommand(t *testing.T) {
	j, id := bring(t, Poll, Open)
	if !(j.activity(id).Public().Counts != nil) {
		t.Error("live counts are not public")
	}
	j.do(Command{Type: CmdResults, Activity: id, Results: Hidden})
	if j.activity(id).Public().Counts != nil {
		t.Error("counts that were hidden on the way are public")
	}
	j.refuse(Invalid, Command{Type: CmdResults, Activity: id})
	raffle := j.addRaffle(1)
	j.refuse(Conflict, Command{Type: CmdResults, Activity: raffle, Results: Live})
}

func TestSettings(t *testing.T) {
	j := newJournal(t, false)
	title, yes := "Winter meetup", true
	j.do(Command{Type: CmdSettings, Title: &title})
	j.do(Command{Type: CmdSettings, Names: &yes})
	if s := j.s.Snapshot(); s.Title != title || !s.Names || s.Code != "K7QX2M" {
		t.Errorf("settings %+v", s)
	}
}

func TestRemotes(t *testing.T) {
	j := newJournal(t, false)
	first := j.do(Command{Type: CmdRemote, Label: "phone", Hash: &Key{7}}).ID
	second := j.do(Command{Type: CmdRemote, Label: "tablet", Hash: &Key{8}}).ID
	if diff := cmp.Diff([]Key{{1}, {7}, {8}}, j.s.HostKeys()); diff != "" {
		t.Errorf("host keys (-want +got):\n%s", diff)
	}
	j.do(Command{Type: CmdRevoke, Remote: first})
	if diff := cmp.Diff([]Key{{1}, {8}}, j.s.HostKeys()); diff != "" {
		t.Errorf("after the revocation (-want +got):\n%s", diff)
	}
	j.refuse(Unknown, Command{Type: CmdRevoke, Remote: first})
	j.refuse(Invalid, Command{Type: CmdRemote, Label: "no key"})
	if diff := cmp.Diff([]Remote{{second, "tablet"}}, j.s.Snapshot().Remotes); diff != "" {
		t.Errorf("remotes (-want +got):\n%s", diff)
	}
	for i := range MaxRemotes - 1 {
		if id := j.do(Command{Type: CmdRemote, Label: "x", Hash: &Key{9}}).ID; id != second+1+i {
			t.Fatalf("remote id %d given again", id)
		}
	}
	j.refuse(Conflict, Command{Type: CmdRemote, Label: "one more", Hash: &Key{9}})
}

func TestSpecNormalize(t *testing.T) {
	long := make([]rune, MaxText+1)
	for i := range long {
		long[i] = 'é'
	}
	many := make([]string, MaxOptions+1)
	for i := range many {
		many[i] = "o"
	}
	good := []struct{ in, want Spec }{
		{Spec{Kind: Poll, Title: "  t ", Poll: &PollSpec{Options: []string{" a\t"}}}, Spec{Kind: Poll, Title: "t", Results: Live, Poll: &PollSpec{Options: []string{"a"}, MaxChoices: 1}}},
		{Spec{Kind: Poll, Title: string(long[1:]), Results: Hidden, Poll: &PollSpec{Options: many[1:], MaxChoices: 50}},
			Spec{Kind: Poll, Title: string(long[1:]), Results: Hidden, Poll: &PollSpec{Options: many[1:], MaxChoices: 50}}},
		{Spec{Kind: Raffle, Title: "<b>🎉 שלום</b>"}, Spec{Kind: Raffle, Title: "<b>🎉 שלום</b>", Raffle: &RaffleSpec{Winners: 1}}},
		{Spec{Kind: Scale, Title: "t"}, Spec{Kind: Scale, Title: "t", Results: Live, Scale: &ScaleSpec{Min: 1, Max: 5}}},
		{Spec{Kind: Scale, Title: "t", Scale: &ScaleSpec{Min: -5, Max: 5, Labels: []string{" cold", "hot "}}},
			Spec{Kind: Scale, Title: "t", Results: Live, Scale: &ScaleSpec{Min: -5, Max: 5, Labels: []string{"cold", "hot"}}}},
		{Spec{Kind: Raffle, Title: "t", Raffle: &RaffleSpec{Winners: MaxWinners}}, Spec{Kind: Raffle, Title: "t", Raffle: &RaffleSpec{Winners: MaxWinners}}},
	}
	for _, c := range good {
		got := c.in
		if err := got.Normalize(); err != nil {
			t.Errorf("%+v: %v", c.in, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	pollOf := func(title string, p PollSpec) Spec { return Spec{Kind: Poll, Title: title, Poll: &p} }
	raffleOf := func(r RaffleSpec) Spec { return Spec{Kind: Raffle, Title: "t", Raffle: &r} }
	scaleOf := func(sc ScaleSpec) Spec { return Spec{Kind: Scale, Title: "t", Scale: &sc} }
	a := PollSpec{Options: []string{"a"}}
	bad := []Spec{
		{},
		{Kind: "quiz", Title: "t"},
		pollOf("", a),
		pollOf(" \n", a),
		pollOf("a\x00b", a),
		pollOf("\xff", a),
		pollOf(string(long), a),
		{Kind: Poll, Title: "t"},
		pollOf("t", PollSpec{Options: many}),
		pollOf("t", PollSpec{Options: []string{"a", ""}}),
		pollOf("t", PollSpec{Options: []string{"a"}, MaxChoices: 2}),
		pollOf("t", PollSpec{Options: []string{"a"}, MaxChoices: -1}),
		{Kind: Poll, Title: "t", Poll: &a, Results: "later"},
		{Kind: Poll, Title: "t", Poll: &a, Raffle: &RaffleSpec{}},
		{Kind: Poll, Title: "t", Poll: &a, Scale: &ScaleSpec{}},
		raffleOf(RaffleSpec{Winners: -1}),
		raffleOf(RaffleSpec{Winners: MaxWinners + 1}),
		{Kind: Raffle, Title: "t", Poll: &a},
		{Kind: Raffle, Title: "t", Results: Live},
		scaleOf(ScaleSpec{Min: 1, Max: 1}),
		scaleOf(ScaleSpec{Min: 0, Max: MaxSteps + 1}),
		scaleOf(ScaleSpec{Min: 5, Max: 1}),
		scaleOf(ScaleSpec{Min: -1 << 62, Max: 1 << 62}),
		scaleOf(ScaleSpec{Min: 1, Max: 5, Labels: []string{"one"}}),
		scaleOf(ScaleSpec{Min: 1, Max: 5, Labels: []string{"one", ""}}),
		{Kind: Scale, Title: "t", Poll: &a},
		{Kind: Scale, Title: "t", Results: "later"},
	}
	for _, s := range bad {
		err := s.Normalize()
		if r, ok := err.(*Refusal); !ok || r.Code != Invalid {
			t.Errorf("%+v: %v, want it refused as invalid", s, err)
		}
	}
}
