package event

import "testing"

// A run whose freeze or draw the log took back is never drawn from again, however
// much else was taken back with it.
func TestSpentRuns(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(1)
	run := func() int { return j.activity(id).Run }

	// Even the open was taken back, and two resets with it.
	j.do(Command{Type: CmdSpent, Activity: id, Run: 3})
	if got := run(); got != 4 {
		t.Errorf("a draft's next run is %d, want 4", got)
	}
	j.refuse(Conflict, Command{Type: CmdSpent, Activity: id, Run: 2}) // known already

	j.open(id)
	j.do(Command{Type: CmdSpent, Activity: id, Run: 6})
	if a := j.activity(id); a.State != Closed || !a.Raffle.Abandoned {
		t.Errorf("an open run that was spent: %+v", a)
	}
	j.verb(CmdReset, id)
	if got := run(); got != 7 {
		t.Errorf("after the reset the run is %d, want 7", got)
	}
}
