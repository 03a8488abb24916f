package event

import (
	"slices"
	"testing"

	"drumroll/internal/fairdraw"
)

func (j *journal) draw(id int) *Draw {
	j.t.Helper()
	j.refreeze(id)
	j.do(j.drawing(id))
	return j.s.Draw(len(j.s.draws))
}

// refreeze freezes a raffle's list again where a draw would be refused for want of that.
func (j *journal) refreeze(id int) {
	j.t.Helper()
	if j.s.Stale(id) {
		j.do(Command{Type: CmdFreeze, Activity: id, Run: j.s.findActivity(id).run})
	}
}

// checkDraw verifies the record of a draw with the list that it was made from.
func checkDraw(t *testing.T, d *Draw, winners, shortfall int) {
	t.Helper()
	if len(d.Record.Winners) != winners || d.Record.Shortfall() != shortfall {
		t.Errorf("draw %d: %d winners, shortfall %d; want %d, %d", d.Number, len(d.Record.Winners), d.Record.Shortfall(), winners, shortfall)
	}
	for _, w := range d.Record.Winners {
		if !fairdraw.CheckProof(w.Proof, d.Record.Freeze.Root, d.Record.Freeze.Size, w.Position, w.Leaf) {
			t.Errorf("draw %d: the proof of %v does not hold", d.Number, w.Ticket)
		}
	}
	if d.List().Root() != d.Record.Freeze.Root {
		t.Errorf("draw %d: another list", d.Number)
	}
}

func TestDrawAndNextWinners(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(2)
	j.open(id)
	j.enterAll(id, 5)
	j.verb(CmdClose, id)
	if got := j.activity(id).Raffle.CanWin; got != 5 {
		t.Errorf("%d eligible, want 5", got)
	}

	seen := map[fairdraw.Ticket]bool{}
	for n, want := range []struct{ winners, shortfall, eligible int }{{2, 0, 3}, {2, 0, 1}, {1, 1, 0}} {
		d := j.draw(id)
		checkDraw(t, d, want.winners, want.shortfall)
		a := j.activity(id)
		if d.Number != n+1 || a.Raffle.LastDraw != n+1 || a.Raffle.Shortfall != want.shortfall || a.Raffle.CanWin != want.eligible {
			t.Errorf("draw %d: number %d, %+v", n+1, d.Number, a)
		}
		for _, w := range j.s.WinnerParticipants(n + 1) {
			if seen[w.Ticket] {
				t.Errorf("%v won twice", w.Ticket)
			}
			seen[w.Ticket] = true
			won := j.s.You(w.Participant).Won
			if len(won) != 1 || won[0] != (Won{Activity: id, Draw: n + 1, Ticket: w.Ticket.String()}) {
				t.Errorf("the winner's phone is told %+v", won)
			}
		}
	}
	if a := j.activity(id); len(a.Raffle.Winners) != 5 || len(seen) != 5 {
		t.Errorf("%d stand as winners, %d tickets", len(a.Raffle.Winners), len(seen))
	}
	j.refuse(Conflict, j.drawing(id)) // everybody has been drawn
	if j.s.Draw(0) != nil || j.s.Draw(4) != nil || j.s.WinnerParticipants(4) != nil {
		t.Error("draws that were not made")
	}
}

func TestRedraw(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(2)
	j.open(id)
	j.enterAll(id, 4)
	j.verb(CmdClose, id)
	first := j.draw(id)
	absent, stays := first.won[0], first.won[1]

	j.refuse(Conflict, j.redrawing(id, "not a ticket"))
	j.do(j.redrawing(id, absent.Ticket.String()))
	second := j.s.Draw(2)
	checkDraw(t, second, 1, 0)
	if second.Record.Voided == nil || second.Record.Voided.Ticket != absent.Ticket || second.Record.Reason != "not in the room" {
		t.Errorf("the record does not say what was given back: %+v", second.Record)
	}
	a := j.activity(id)
	if len(a.Raffle.Voided) != 1 || a.Raffle.Voided[0].Ticket != absent.Ticket || a.Raffle.Voided[0].Draw != 1 || a.Raffle.Voided[0].Reason != "not in the room" {
		t.Errorf("voided %+v", a.Raffle.Voided)
	}
	if got := []fairdraw.Ticket{a.Raffle.Winners[0].Ticket, a.Raffle.Winners[1].Ticket}; !slices.Equal(got, []fairdraw.Ticket{stays.Ticket, second.won[0].Ticket}) {
		t.Errorf("winners %v", got)
	}
	if len(j.s.You(absent.Participant).Won) != 0 {
		t.Error("the phone of the one who gave the ticket back still says won")
	}
	checkDraw(t, j.s.Draw(1), 2, 0) // the first draw stands as it was

	j.refuse(Conflict, j.redrawing(id, absent.Ticket.String())) // voided already
	j.do(j.redrawing(id, stays.Ticket.String()))
	j.refuse(Conflict, j.redrawing(id, second.won[0].Ticket.String())) // nobody is left
	j.refuse(Conflict, j.drawing(id))
	for _, w := range j.activity(id).Raffle.Winners {
		if w.Ticket == absent.Ticket || w.Ticket == stays.Ticket {
			t.Errorf("%v was given back and won again", w.Ticket)
		}
	}

	// Anybody can check each draw against those before it.
	var records []*fairdraw.Record
	for n := 1; j.s.Draw(n) != nil; n++ {
		records = append(records, j.s.Draw(n).Record)
	}
	for n, r := range records {
		if n > 0 && (r.Previous != records[n-1].Seed || r.Freeze.Commitment != records[0].Freeze.Commitment) {
			t.Errorf("draw %d does not follow from draw %d", n+1, n)
		}
	}
}

func TestRefusedDraws(t *testing.T) {
	j, id := bring(t, Raffle, Closed)
	poll := j.addPoll(Live, 1, "a")
	wrong := func(change func(*Command)) Command {
		c := j.drawing(id)
		change(&c)
		return c
	}
	other := fairdraw.Hash{1}
	next := fairdraw.NewChain(testKey, j.uid, uint64(id), 1).Element(2)
	j.refuse(Conflict, wrong(func(c *Command) { c.Seed = nil }))
	j.refuse(Conflict, wrong(func(c *Command) { c.Seed = &other }))
	j.refuse(Conflict, wrong(func(c *Command) { c.Seed = &next })) // one element ahead
	j.refuse(Conflict, wrong(func(c *Command) { c.Run = 2 }))
	j.refuse(Conflict, wrong(func(c *Command) { c.Draw = 2 }))
	j.refuse(Conflict, wrong(func(c *Command) { c.Activity = poll }))
	j.refuse(Unknown, wrong(func(c *Command) { c.Activity = 99 }))

	pressedTwice := j.drawing(id)
	j.do(pressedTwice)
	j.refuse(Conflict, pressedTwice)
	pressedTwice.Draw = 0
	j.refuse(Conflict, pressedTwice) // the seed alone gives it away

	// What belongs to a redraw alone does no harm in a draw.
	stray := j.drawing(id)
	stray.Void, stray.Reason, stray.Draw = "not a ticket", "why not", 0
	j.do(stray)
	if r := j.s.Draw(2).Record; r.Voided != nil || r.Reason != "" {
		t.Errorf("a plain draw gave back %+v for %q", r.Voided, r.Reason)
	}
}

func TestNobodyToDraw(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(1)
	j.open(id)
	j.verb(CmdClose, id)
	j.refuse(Conflict, j.drawing(id))
}

func TestResetKeepsDraws(t *testing.T) {
	j, id := bring(t, Raffle, Drawn)
	before := *j.s.Draw(1)
	list := before.List()
	j.verb(CmdReset, id)
	a := j.activity(id)
	if a.Run != 2 || a.State != Draft || len(a.Raffle.Winners) != 0 || a.Raffle.LastDraw != 0 || a.Entries != 0 || a.Raffle.Commitment != "" || a.Raffle.Freeze != nil {
		t.Errorf("after the reset: %+v", a)
	}
	stale := j.opening(id)
	stale.Run = 1
	j.refuse(Conflict, stale) // the commitment of the run before
	j.refuse(Conflict, Command{Type: CmdOpen, Activity: id})

	j.open(id)
	j.enterAll(id, 2)
	j.verb(CmdClose, id)
	if d := j.draw(id); d.Number != 2 || d.Run != 2 || d.Record.Element != 1 {
		t.Errorf("the next run's draw: %+v", d)
	}
	if d := j.s.Draw(1); d.Record != before.Record || d.List() != list || d.Title != before.Title {
		t.Error("the first draw did not stay")
	}
	// A draft that is removed takes no draw along either.
	j.verb(CmdReset, id)
	j.verb(CmdRemove, id)
	if j.s.Draw(1) == nil || j.s.Draw(2) == nil || len(j.s.Snapshot().Draws) != 2 {
		t.Error("draws went with their activity")
	}
}

func TestFreezeIsWorkForLater(t *testing.T) {
	j, id := bring(t, Raffle, Closed)
	if a := j.activity(id); a.Raffle.Freeze != nil || a.Raffle.Entrants != nil {
		t.Errorf("before anybody computed the list: %+v", a)
	}
	work := j.s.TakeWork()
	if len(work) != 1 || len(j.s.TakeWork()) != 0 {
		t.Fatalf("%d lists to compute", len(work))
	}
	// The fold goes on in the meantime: joins share the chunks that the list reads.
	done := make(chan struct{})
	go func() { work[0](); close(done) }()
	for p := Participant(100); p < 200; p++ {
		j.batch(JoinItem(p, ""))
	}
	<-done
	a := j.activity(id)
	if a.Raffle.Freeze == nil || len(a.Raffle.Entrants) != 3 {
		t.Errorf("afterwards: %+v", a)
	}
	if d := j.draw(id); d.Record.Freeze.Hash != a.Raffle.Freeze.Hash {
		t.Error("the draw was made from another list")
	}
}

func TestDrawsOfARunAreBounded(t *testing.T) {
	j, id := bring(t, Raffle, Drawn)
	j.s.findActivity(id).raffleRun.last = &fairdraw.Record{Element: MaxDraws}
	j.refuse(Conflict, j.drawing(id))
}

// A wait for the list of a run ends well though the run is reset before it begins.
func TestWaitForListOfARunThatIsReset(t *testing.T) {
	j := newJournal(t, false)
	id := j.frozen(RaffleSpec{}, 3)
	wait := j.s.Frozen(id)
	list := j.s.findActivity(id).raffleRun.frozen
	j.verb(CmdReset, id)
	wait()
	if list.ready() == nil {
		t.Error("the list was not computed")
	}
}
