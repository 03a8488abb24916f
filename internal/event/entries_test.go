package event

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVotes(t *testing.T) {
	j := newJournal(t, false)
	single := j.addPoll(Live, 1, "a", "b", "c")
	multi := j.addPoll(Live, 2, "a", "b", "c")
	draft := j.addPoll(Live, 1, "a")
	raffle := j.addRaffle(1)
	for _, id := range []int{single, multi, raffle} {
		j.open(id)
	}
	steps := []struct {
		name   string
		item   Item
		status Status
		counts []int // of the activity that is named
	}{
		{"first", vote(1, single, 1, 1, 0), Counted, []int{1, 0, 0}},
		{"the same again", vote(1, single, 1, 2, 0), Unchanged, []int{1, 0, 0}},
		{"another choice", vote(1, single, 1, 3, 2), Changed, []int{0, 0, 1}},
		{"sent before it", vote(1, single, 1, 2, 1), Unchanged, []int{0, 0, 1}},
		{"the same n, the same choice: sent again", vote(1, single, 1, 3, 2), Unchanged, []int{0, 0, 1}},
		{"the same n, another choice", vote(1, single, 1, 3, 1), Changed, []int{0, 1, 0}},
		{"without n", vote(1, single, 1, 0, 0), Changed, []int{1, 0, 0}},
		{"still below the highest n", vote(1, single, 1, 2, 2), Unchanged, []int{1, 0, 0}},
		{"two where one is allowed", vote(1, single, 1, 4, 0, 1), Malformed, []int{1, 0, 0}},
		{"none", vote(1, single, 1, 4), Malformed, []int{1, 0, 0}},
		{"no such option", vote(1, single, 1, 4, 3), Malformed, []int{1, 0, 0}},
		{"malformed did not use up its n", vote(1, single, 1, 4, 1), Changed, []int{0, 1, 0}},
		{"another run", vote(2, single, 2, 1, 0), TooLate, []int{0, 1, 0}},
		{"the run before", vote(2, single, 0, 1, 0), TooLate, []int{0, 1, 0}},
		{"two choices", vote(1, multi, 1, 1, 0, 2), Counted, []int{1, 0, 1}},
		{"one of them changed", vote(1, multi, 1, 2, 1, 2), Changed, []int{0, 1, 1}},
		{"three where two are allowed", vote(1, multi, 1, 3, 0, 1, 2), Malformed, []int{0, 1, 1}},
		{"fewer", vote(1, multi, 1, 3, 2), Changed, []int{0, 0, 1}},
		{"a draft", vote(1, draft, 1, 1, 0), TooLate, []int{0}},
		{"a ticket for a poll", ticket(1, single, 1), Malformed, []int{0, 1, 0}},
		{"a vote for a raffle", vote(1, raffle, 1, 1, 0), Malformed, nil},
	}
	for _, step := range steps {
		out := j.one(step.item)
		if out.Status != step.status || out.Run != 1 {
			t.Fatalf("%s: %+v, want status %d of run 1", step.name, out, step.status)
		}
		if got := j.activity(step.item.Activity).Counts; !slices.Equal(got, step.counts) {
			t.Fatalf("%s: counts %v, want %v", step.name, got, step.counts)
		}
	}
	for _, nowhere := range []int{99, 0, -1, 1 << 40} {
		if out := j.one(vote(1, nowhere, 1, 1, 0)); out.Status != Malformed {
			t.Errorf("activity %d: %+v", nowhere, out)
		}
	}
	if out := j.one(vote(1, single, 1<<40, 9, 0)); out.Status != TooLate {
		t.Errorf("a run out of range: %+v", out)
	}
	j.verb(CmdClose, single)
	if out := j.one(vote(1, single, 1, 9, 0)); out.Status != TooLate {
		t.Errorf("closed: %+v", out)
	}
	if got := j.activity(single).Counts; !slices.Equal(got, []int{0, 1, 0}) {
		t.Errorf("counts after the close %v", got)
	}
	if got := j.s.Snapshot().Joined; got != 1 {
		t.Errorf("%d joined, want 1: refused entries let nobody in", got)
	}
	want := You{Who: 1, Raffles: map[int]int{4: 1}, Handle: Participant(1).Handle(), N: 4, Choices: map[int][]int{single: {1}, multi: {2}}, Tickets: map[int]string{}, Won: []Won{}}
	if diff := cmp.Diff(want, j.s.You(1)); diff != "" {
		t.Errorf("what the phone is told (-want +got):\n%s", diff)
	}
}

// A node that stalled flushes its batch late: it must not overwrite the choice
// that another node has acknowledged since.
func TestLateBatchOfAStalledNode(t *testing.T) {
	j := newJournal(t, false)
	id := j.addPoll(Live, 1, "a", "b")
	j.open(id)
	j.one(vote(7, id, 1, 2, 1))
	late := packed(Identity{UID: j.uid, Producer: 0xabc, Seq: 1}, vote(7, id, 1, 1, 0), vote(8, id, 1, 1, 0))
	res := j.apply(late)
	if got := []Status{res.Outcomes[0].Status, res.Outcomes[1].Status}; !slices.Equal(got, []Status{Unchanged, Counted}) {
		t.Errorf("statuses %v", got)
	}
	if got := j.activity(id).Counts; !slices.Equal(got, []int{1, 1}) {
		t.Errorf("counts %v, want the newer choice to stand", got)
	}
}

func TestTickets(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(1)
	if out := j.one(ticket(1, id, 1)); out.Status != TooLate {
		t.Errorf("before the opening: %+v", out)
	}
	j.open(id)
	first := j.one(ticket(1, id, 1))
	if first.Status != Counted || !first.HasTicket {
		t.Fatalf("first: %+v", first)
	}
	again := ticket(1, id, 1)
	again.Body[16]++ // another phone's randomness must not make another ticket
	if out := j.one(again); out.Status != Unchanged || out.Ticket != first.Ticket || !out.HasTicket {
		t.Errorf("second entry: %+v, want the ticket %v", out, first.Ticket)
	}
	if out := j.one(ticket(2, id, 1)); out.Status != Counted || out.Ticket == first.Ticket {
		t.Errorf("another participant: %+v", out)
	}
	if a := j.activity(id); a.Entries != 2 || a.Counts != nil {
		t.Errorf("%d entries, counts %v", a.Entries, a.Counts)
	}
	if got := j.s.You(1).Tickets[id]; got != first.Ticket.String() {
		t.Errorf("the phone is told ticket %q", got)
	}
	j.verb(CmdClose, id)
	if out := j.one(ticket(3, id, 1)); out.Status != TooLate || out.HasTicket {
		t.Errorf("after the close: %+v", out)
	}
	j.verb(CmdReset, id)
	j.open(id)
	if out := j.one(ticket(1, id, 2)); out.Status != Counted || out.Ticket == first.Ticket {
		t.Errorf("in the next run: %+v, want another ticket", out)
	}
}

func TestJoinsAndNames(t *testing.T) {
	join := func(p Participant, name string) Item { return JoinItem(p, name) }

	off := newJournal(t, false)
	if res := off.batch(join(1, "Ada")); !res.Counts || off.s.Snapshot().Joined != 1 {
		t.Errorf("a join: %+v", res)
	}
	if res := off.batch(join(1, "")); res.Counts || off.s.Snapshot().Joined != 1 {
		t.Errorf("joined twice: %+v", res)
	}
	if y := off.s.You(1); y.Name != "" || y.Handle == "" {
		t.Errorf("names are off, yet the phone is told %+v", y)
	}
	if off.s.Joined(2) || !off.s.Joined(1) {
		t.Error("Joined is wrong")
	}

	on := newJournal(t, true)
	before := on.s.Snapshot()
	res := on.batch(join(1, "Ada"), join(2, ""), join(3, "Grace"))
	if after := on.s.Snapshot(); after.Structure != before.Structure || after.Backstage == before.Backstage {
		t.Error("names of people who have not won concern the host alone")
	}
	if !res.Counts || len(res.Who) != 2 {
		t.Errorf("whose phones are told: %v", res.Who)
	}
	if got := on.s.You(1).Name; got != "Ada" {
		t.Errorf("name %q", got)
	}
	on.batch(join(1, "Countess"))
	people := on.s.Snapshot().People
	if len(people) != 2 || people[0].Name != "Grace" || people[1].Name != "Countess" {
		t.Errorf("people, newest first: %+v", people)
	}

	on.do(Command{Type: CmdHide, Person: 1, Hidden: true})
	on.batch(join(1, "Ada again"))
	if got := on.s.You(1).Name; got != "" {
		t.Errorf("a hidden name came back as %q", got)
	}
	if p := on.s.Snapshot().People[1]; !p.Hidden || p.Name != "Ada again" {
		t.Errorf("the host sees %+v", p)
	}
	on.do(Command{Type: CmdHide, Person: 1})
	if got := on.s.You(1).Name; got != "Ada again" {
		t.Errorf("shown again as %q", got)
	}
	on.refuse(Unknown, Command{Type: CmdHide, Person: 2, Hidden: true}) // has no name of its own
	on.refuse(Unknown, Command{Type: CmdHide, Person: 99, Hidden: true})

	no := false
	on.do(Command{Type: CmdSettings, Names: &no})
	if y, snap := on.s.You(1), on.s.Snapshot(); y.Name != "" || snap.People != nil {
		t.Errorf("names turned off, yet: %+v, %+v", y, snap.People)
	}
}

func TestPeopleAreFoundAgain(t *testing.T) {
	var pp people
	const n = 3 * chunk
	id := func(i int) Participant { return Participant(i%7)<<40 | Participant(i+1)*0x9e37 } // many of one low part
	for i := range n {
		if at, added := pp.indexOrAdd(id(i)); !added || at != uint32(i) {
			t.Fatalf("join %d: %d, %v", i, at, added)
		}
	}
	for i := range n {
		if at, ok := pp.indexOf(id(i)); !ok || at != uint32(i) || pp.id(at) != id(i) {
			t.Fatalf("find %d: %d, %v", i, at, ok)
		}
	}
	if _, ok := pp.indexOf(id(n)); ok {
		t.Error("found one who never joined")
	}
}

// A vote on its way into the log costs no garbage, and what folds it keeps nothing of
// the record.
func TestVoteAllocates(t *testing.T) {
	j, id := bring(t, Poll, Open)
	e := Entry{Activity: id, Run: 1, Choice: []int{1}}
	if n := testing.AllocsPerRun(100, func() {
		if _, status := j.s.Entry(7, &e); status != 0 {
			t.Fatal(status)
		}
	}); n > 0 {
		t.Errorf("%v allocations an entry", n)
	}
	if res := j.batch(vote(1, id, 1, 1, 0), JoinItem(2, "Ada")); res.item.Body != nil {
		t.Errorf("the result keeps %q of its record", res.item.Body)
	}
}
