package event

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// secrets folds a log with one of everything that only the host may see. All
// that is secret has "SECRET" in its text, or is an id or count that is listed.
func secrets(t *testing.T) (*journal, []string) {
	j := newJournal(t, true)
	hidden := j.addPoll(Hidden, 1, "left", "right")
	raffle := j.addRaffle(1)
	j.do(Command{Type: CmdAdd, Spec: &Spec{Kind: Poll, Title: "SECRET draft", Results: Live, Poll: &PollSpec{Options: []string{"SECRET option"}, MaxChoices: 1}}})
	j.do(Command{Type: CmdRemote, Label: "SECRET remote", Hash: &Key{7}})
	j.open(raffle)
	j.open(hidden)
	var ids []string
	var items []Item
	for i := range 4321 {
		p := Participant(0xabcd_0000_0000_0000 + uint64(i)*0x1_0001)
		items = append(items, vote(p, hidden, 1, 1, i%4321/4320), ticket(p, raffle, 1))
		ids = append(ids, p.String(), fmt.Sprint(uint64(p)))
	}
	items = append(items, JoinItem(items[0].Participant, "SECRET hidden name"))
	j.batch(items...)
	j.do(Command{Type: CmdHide, Person: items[0].Participant, Hidden: true})
	j.verb(CmdClose, raffle)
	j.do(j.drawing(raffle))
	j.do(j.redrawing(raffle, j.activity(raffle).Raffle.Winners[0].Ticket.String()))
	j.do(j.drawing(raffle))
	return j, append(ids, "SECRET", "4320")
}

func TestOnlyTheHostSees(t *testing.T) {
	j, secret := secrets(t)
	hidden := 1
	snap := j.s.Snapshot()
	look := func(name string, s Snapshot) string {
		t.Helper()
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range secret {
			if strings.Contains(string(b), word) {
				t.Errorf("%s has %q:\n%s", name, word, b)
				break
			}
		}
		return string(b)
	}
	before, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"SECRET draft", "SECRET remote", "SECRET hidden name", "4320"} {
		if !strings.Contains(string(before), word) {
			t.Errorf("the host does not see %q: this test would find nothing", word)
		}
	}

	look("Public", snap.Public())
	look("OnAir", snap.OnAir())
	if got := snap.OnAir().Activities; len(got) != 1 || got[0].ID != hidden || got[0].Entries != 4321 || got[0].Counts != nil {
		t.Errorf("on the air: %+v", got)
	}
	if got := snap.Public().Activities; len(got) != 2 {
		t.Errorf("public: %d activities, want the poll and the raffle", len(got))
	}
	for _, a := range snap.Activities {
		b, err := json.Marshal(a.Public())
		if err != nil {
			t.Fatal(err)
		}
		if a.State != Draft && strings.Contains(string(b), "4320") {
			t.Errorf("%s", b)
		}
	}
	if after, err := json.Marshal(snap); err != nil || string(after) != string(before) {
		t.Error("taking the public part away changed the host's own snapshot")
	}

	// Closed without a reveal, hidden results stay hidden; after it they are there.
	j.verb(CmdClose, hidden)
	look("closed", j.s.Snapshot().Public())
	j.verb(CmdReveal, hidden)
	if a := j.s.Snapshot().OnAir().Activities[0]; len(a.Counts) != 2 || a.Counts[0] != 4320 {
		t.Errorf("after the reveal: %+v", a)
	}
}

func TestDraftIsNeverOnAir(t *testing.T) {
	j, id := bring(t, Poll, Draft)
	j.do(Command{Type: CmdCurrent, Activity: id})
	for _, s := range []Snapshot{j.s.Snapshot().Public(), j.s.Snapshot().OnAir()} {
		if s.Current != 0 || len(s.Activities) != 0 {
			t.Errorf("a current draft is shown: %+v", s)
		}
	}
	if j.s.Snapshot().Current != id {
		t.Error("the host does not see which is current")
	}
}

func TestWhenCountsArePublic(t *testing.T) {
	for _, c := range []struct {
		results, state string
		public         bool
	}{
		{Live, Draft, false}, {Live, Open, true}, {Live, Closed, true}, {Live, Revealed, true},
		{Hidden, Draft, false}, {Hidden, Open, false}, {Hidden, Closed, false}, {Hidden, Revealed, true},
	} {
		a := Activity{Kind: Poll, State: c.state, Results: c.results, Counts: []int{1}}
		if got := a.Public().Counts != nil; got != c.public {
			t.Errorf("%s and %s: counts public is %v", c.results, c.state, got)
		}
	}
}

// A winner is shown by the own name where names are allowed and it is not
// hidden; one whose ticket was given back is shown by handle.
func TestNamesOfWinners(t *testing.T) {
	j := newJournal(t, true)
	id := j.addRaffle(1)
	j.open(id)
	j.batch(JoinItem(1, "Ada"), JoinItem(2, "Grace"))
	j.enterAll(id, 2)
	j.verb(CmdClose, id)
	j.do(j.drawing(id))
	first := j.s.WinnerParticipants(1)[0]
	name := map[Participant]string{1: "Ada", 2: "Grace"}[first.Participant]
	if w := j.s.Snapshot().Public().Activities[0].Raffle.Winners[0]; w.Name != name || !w.Own || w.Person != 0 || w.Handle != first.Participant.Handle() {
		t.Errorf("winner %+v, want %s", w, name)
	}
	j.do(Command{Type: CmdHide, Person: first.Participant, Hidden: true})
	if w := j.s.Snapshot().Public().Activities[0].Raffle.Winners[0]; w.Name != w.Handle || w.Own {
		t.Errorf("hidden, yet shown as %+v", w)
	}
	j.do(Command{Type: CmdHide, Person: first.Participant})
	j.do(j.redrawing(id, first.Ticket.String()))
	b, err := json.Marshal(j.s.Snapshot().Public())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), name) {
		t.Errorf("%s gave the ticket back and is still named to everybody:\n%s", name, b)
	}
}
