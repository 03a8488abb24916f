package event

import (
	"slices"
	"testing"

	"drumroll/internal/fairdraw"
)

func (j *journal) refreezing(id int) Command {
	return Command{Type: CmdFreeze, Activity: id, Run: j.s.findActivity(id).run}
}

// Where others have won in another raffle since the freeze, a draw has to be made from
// a new one, of the same entrants.
func TestFreezeAgain(t *testing.T) {
	j := newJournal(t, false)
	other := j.frozen(RaffleSpec{Again: true}, 3)
	id := j.frozen(RaffleSpec{Winners: 2}, 5)
	j.refuse(Conflict, j.refreezing(id)) // nothing has changed
	elsewhere := j.draw(other).won[0]

	if a := j.activity(id); a.Raffle.CanWin != 4 {
		t.Errorf("%d can win, want 4", a.Raffle.CanWin)
	}
	j.refuse(Conflict, j.drawing(id))
	wrong := j.refreezing(id)
	wrong.Run = 2
	j.refuse(Conflict, wrong)
	j.do(j.refreezing(id))
	j.refuse(Conflict, j.refreezing(id))
	d := j.draw(id)
	f := d.Record.Freeze
	if f.Number != 2 || f.Draws != 0 || f.Size != 5 || len(d.won) != 2 || slices.ContainsFunc(d.won, func(w WinnerTicket) bool { return w.Participant == elsewhere.Participant }) {
		t.Errorf("winners %v from %+v", d.won, f)
	}
	if got := j.s.You(elsewhere.Participant).Unfit[id]; got != fairdraw.SkipElsewhere(1) {
		t.Errorf("the other raffle's winner is told %q", got)
	}

	// A win given back changes who can win as well, between draws of the run.
	j.do(Command{Type: CmdVoid, Activity: other, Void: elsewhere.Ticket.String(), Reason: "went home"})
	j.refuse(Conflict, j.redrawing(id, d.won[0].Ticket.String()))
	j.do(j.refreezing(id))
	j.do(j.redrawing(id, d.won[0].Ticket.String()))
	records := j.verified(id, 1)
	if f := records[1].Freeze; f.Number != 3 || f.Draws != 1 || f.Root == records[0].Freeze.Root {
		t.Errorf("the freeze of the second draw is %+v", f)
	}
	look(j.s)
	var lines []FreezeLine
	for _, l := range j.s.Snapshot().Freezes {
		if l.Activity == id {
			lines = append(lines, l)
		}
	}
	if len(lines) != 3 || lines[0].Draws != 0 || lines[1].Draws != 1 || lines[2].Draws != 1 || lines[2].Number != 3 || lines[0].Freeze == nil {
		t.Errorf("the public history has %+v", lines)
	}
}

// With a beacon the new freeze names the round, and a draw that waits cannot be made
// untrue by another raffle's.
func TestFreezeAgainWithABeacon(t *testing.T) {
	j := newJournal(t, false)
	other := j.frozen(RaffleSpec{Again: true, Winners: 2}, 9)
	id := j.addSpec(RaffleSpec{Beacon: true})
	j.open(id)
	j.enterAll(id, 9)
	j.verb(CmdClose, id)
	j.do(j.arming(id, ""))
	j.refuse(Conflict, j.drawing(other)) // whom it draws could win here
	j.refuse(Conflict, j.refreezing(id))
	j.do(j.completing(id))
	j.draw(other)
	j.refuse(Conflict, j.refreezing(id)) // the round of that would be the one just used
	j.ms += 20_000
	at := j.ms
	j.refuse(Conflict, j.arming(id, ""))
	j.do(j.refreezing(id))
	j.ms += 60_000
	j.do(j.arming(id, ""))
	if p := j.activity(id).Raffle.Pending; p.Ms < at+10_000 || p.Ms > at+14_000 {
		t.Errorf("the freeze at %d names the round of %d", at, p.Ms)
	}
	j.do(j.completing(id))
	j.ms += 20_000
	j.do(j.arming(id, ""))
	j.do(j.completing(id))
	if r := j.verified(id, 1); len(r) != 3 || r[1].Freeze.Number != 2 || r[2].Freeze.Number != 2 || r[2].Beacon.Asked <= r[2].Freeze.At {
		t.Errorf("the records are %+v", r)
	}
}

// A freeze that the log took back has been seen.
func TestLostFreezeSpendsTheRun(t *testing.T) {
	j := newJournal(t, false)
	other := j.frozen(RaffleSpec{Again: true}, 3)
	id := j.frozen(RaffleSpec{}, 5)
	j.draw(other)
	before := foldAll(t, j.log)
	j.do(j.refreezing(id))
	lost := before.Lost(j.s.Shown())
	if len(lost) != 1 || lost[0].Type != CmdSpent || lost[0].Activity != id {
		t.Errorf("without its second freeze the log says %+v", lost)
	}
}
