package event

import "testing"

func (j *journal) openFor(id, seconds int) Deadline {
	j.t.Helper()
	c := j.opening(id)
	c.Seconds = seconds
	j.do(c)
	all := j.s.Deadlines()
	if len(all) != 1 || all[0].Activity != id {
		j.t.Fatalf("deadlines %+v", all)
	}
	return all[0]
}

func TestTimedClose(t *testing.T) {
	for _, kind := range []string{Poll, Raffle} {
		j, id := bring(t, kind, Draft)
		d := j.openFor(id, 30)
		if want := j.ms + 30_000; d.Ms != want || j.activity(id).DeadlineMs != want {
			t.Errorf("deadline %d, want the open record's time and 30 s: %d", d.Ms, want)
		}
		j.do(Command{Type: CmdClose, Activity: id, Deadline: &d.Set})
		if a := j.activity(id); a.State != Closed || a.DeadlineMs != 0 || j.s.Deadlines() != nil {
			t.Errorf("after the close: %+v", a)
		}
		// Another node's close of the same countdown.
		j.refuse(Conflict, Command{Type: CmdClose, Activity: id, Deadline: &d.Set})
	}
}

func TestStaleDeadlineIsIgnored(t *testing.T) {
	j, id := bring(t, Poll, Draft)
	first := j.openFor(id, 30)
	j.verb(CmdClose, id)
	second := j.openFor(id, 10)
	j.refuse(Conflict, Command{Type: CmdClose, Activity: id, Deadline: &first.Set})

	before := j.activity(id).DeadlineMs
	j.do(Command{Type: CmdExtend, Activity: id, Seconds: 60})
	if got := j.activity(id).DeadlineMs; got != before+60_000 {
		t.Errorf("extended from %d to %d", before, got)
	}
	j.refuse(Conflict, Command{Type: CmdClose, Activity: id, Deadline: &second.Set})
	third := j.s.Deadlines()[0]
	j.do(Command{Type: CmdClose, Activity: id, Deadline: &third.Set})

	j.openFor(id, 5)
	j.verb(CmdClose, id)
	j.open(id) // without a limit now
	if j.s.Deadlines() != nil {
		t.Errorf("deadlines %+v of a poll without a limit", j.s.Deadlines())
	}
	j.refuse(Conflict, Command{Type: CmdClose, Activity: id, Deadline: &third.Set})
	j.refuse(Conflict, Command{Type: CmdExtend, Activity: id, Seconds: 5})
	j.verb(CmdClose, id)

	j.openFor(id, 5)
	j.verb(CmdReset, id)
	if j.s.Deadlines() != nil {
		t.Error("a reset left the countdown running")
	}
}

func TestExtendAfterTheTimeIsUp(t *testing.T) {
	j, id := bring(t, Poll, Draft)
	d := j.openFor(id, 1)
	j.ms = d.Ms + 5_000 // nobody has closed it yet
	j.do(Command{Type: CmdExtend, Activity: id, Seconds: 10})
	if got, want := j.activity(id).DeadlineMs, j.ms+10_000; got != want {
		t.Errorf("deadline %d, want %d: never by less than asked", got, want)
	}
}

func TestSecondsOutOfRange(t *testing.T) {
	j, id := bring(t, Poll, Draft)
	for _, s := range []int{-1, MaxSeconds + 1} {
		j.refuse(Invalid, Command{Type: CmdOpen, Activity: id, Seconds: s})
	}
	j.openFor(id, MaxSeconds)
	for _, s := range []int{0, -1, MaxSeconds + 1} {
		j.refuse(Invalid, Command{Type: CmdExtend, Activity: id, Seconds: s})
	}
}
