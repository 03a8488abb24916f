package event

import (
	"testing"

	"drumroll/internal/beacon"
	"drumroll/internal/fairdraw"
)

// withBeacon makes a raffle with the oracle's randomness and n entrants, closed.
func (j *journal) withBeacon(n int) int {
	j.t.Helper()
	id := j.addSpec(RaffleSpec{Again: true, Beacon: true, Prizes: []string{"A keyboard", "A mouse"}})
	c := j.opening(id)
	c.Chain = nil
	j.refuse(Conflict, c)
	bad := oracle.Chain
	bad.Period = 0
	c.Chain = &bad
	j.refuse(Conflict, c)
	c.Chain = &oracle.Chain
	j.do(c)
	j.enterAll(id, n)
	j.verb(CmdClose, id)
	return id
}

func (j *journal) arming(id int, void string) Command {
	c := Command{Type: CmdArm, Activity: id, Run: j.s.findActivity(id).run, Draw: len(j.s.draws) + 1, Void: void}
	if void != "" {
		c.Reason = "not in the room"
	}
	return c
}

// completing is the command that any node proposes once a pending draw is due.
func (j *journal) completing(id int) Command {
	j.t.Helper()
	for _, d := range j.s.PendingDraws() {
		if d.Activity != id {
			continue
		}
		signature := fairdraw.Signature(oracle.Sign(d.Round))
		seed := fairdraw.NewChain(testKey, j.uid, uint64(id), uint64(d.Run)).Element(d.Element)
		return Command{Type: CmdDraw, Activity: id, Run: d.Run, Seed: &seed, Round: d.Round, Signature: &signature}
	}
	j.t.Fatalf("no draw of %d waits", id)
	return Command{}
}

func TestDrawWithABeacon(t *testing.T) {
	j := newJournal(t, false)
	id := j.withBeacon(9)
	a := j.activity(id)
	if !a.Raffle.Beacon || a.Raffle.Chain != oracle.Hash.String() || a.Raffle.Round == 0 || a.Raffle.RoundMs < j.ms+10_000 || a.Raffle.RoundMs >= j.ms+13_000 {
		t.Fatalf("the freeze names round %d at %d, %d ms after it", a.Raffle.Round, a.Raffle.RoundMs, int64(a.Raffle.RoundMs)-int64(j.ms))
	}
	j.refuse(Conflict, j.drawing(id)) // nobody asked for it

	wrongRun, wrongNumber := j.arming(id, ""), j.arming(id, "")
	wrongRun.Run, wrongNumber.Draw = 2, 2
	j.refuse(Conflict, wrongRun)
	j.refuse(Conflict, wrongNumber)
	j.refuse(Conflict, j.arming(id, "00")) // a redraw before any draw
	j.do(j.arming(id, ""))
	j.refuse(Conflict, j.arming(id, ""))
	p := j.activity(id).Raffle.Pending
	if p == nil || p.Draw != 1 || p.Round != a.Raffle.Round || p.Ms != a.Raffle.RoundMs || p.Prize != "A keyboard" || p.Redraw != "" || j.activity(id).State != Closed {
		t.Fatalf("the draw that waits: %+v", p)
	}

	spoiled := func(code RefusalCode, change func(*Command)) {
		t.Helper()
		c := j.completing(id)
		change(&c)
		j.refuse(code, c)
	}
	next := fairdraw.Signature(oracle.Sign(a.Raffle.Round + 1))
	spoiled(Conflict, func(c *Command) { c.Signature = nil })
	spoiled(Conflict, func(c *Command) { c.Round++; c.Signature = &next })
	spoiled(Invalid, func(c *Command) { c.Signature = &next })
	spoiled(Conflict, func(c *Command) { c.Seed = &fairdraw.Hash{1} })
	spoiled(Conflict, func(c *Command) { c.Run = 2 })
	late := j.completing(id) // another node's
	j.do(j.completing(id))
	j.refuse(Conflict, late)
	first := j.s.Draw(1)
	if b := first.Record.Beacon; b == nil || uint64(b.Round) != a.Raffle.Round || j.activity(id).Raffle.Pending != nil {
		t.Fatalf("the draw's beacon is %+v", b)
	}

	// Each further draw names a fresh round.
	won := first.won[0].Ticket.String()
	noReason := j.arming(id, won)
	noReason.Reason = ""
	j.refuse(Invalid, noReason)
	j.refuse(Conflict, j.arming(id, won)) // in the same few seconds
	j.ms = a.Raffle.RoundMs - 2           // each command counts one on
	j.refuse(Conflict, j.arming(id, won)) // by the log's clock the round has not come
	j.do(j.arming(id, won))
	p = j.activity(id).Raffle.Pending
	if p.Ms < j.ms+10_000 || p.Round <= a.Raffle.Round || p.Redraw != won || p.Prize != "A keyboard" {
		t.Errorf("the redraw that waits: %+v at %d", p, j.ms)
	}
	j.refuse(Conflict, Command{Type: CmdVoid, Activity: id, Void: won, Reason: "why not"}) // while it waits
	j.do(j.completing(id))
	j.ms += 20_000
	j.do(j.arming(id, ""))
	if q := j.activity(id).Raffle.Pending; q.Round <= p.Round || q.Prize != "A mouse" {
		t.Errorf("round %d after round %d", q.Round, p.Round)
	}
	j.do(j.completing(id))
	records := j.verified(id, 1)
	if len(records) != 3 || records[1].Voided == nil || records[1].Reason != "not in the room" || records[2].Prize != "A mouse" {
		t.Errorf("records %+v", records)
	}

	// Where the raffle has no beacon there is nothing to arm or abandon.
	plain := j.frozen(RaffleSpec{Again: true}, 3)
	j.refuse(Conflict, Command{Type: CmdArm, Activity: plain, Run: 1})
	j.refuse(Conflict, Command{Type: CmdAbandon, Activity: plain})
}

func TestAbandonedFreeze(t *testing.T) {
	j := newJournal(t, false)
	id := j.withBeacon(3)
	j.do(j.arming(id, ""))
	missed := j.completing(id)
	j.do(Command{Type: CmdAbandon, Activity: id})
	a := j.activity(id)
	if !a.Raffle.Abandoned || a.Raffle.Pending != nil || len(j.s.PendingDraws()) != 0 {
		t.Errorf("abandoned: %+v", a)
	}
	j.refuse(Conflict, Command{Type: CmdAbandon, Activity: id})
	j.refuse(Conflict, j.arming(id, ""))
	j.refuse(Conflict, missed)
	j.verb(CmdReset, id)
	if a := j.activity(id); a.Raffle.Abandoned {
		t.Error("the new run is abandoned as well")
	}

	// A reset while a draw waits is one too, and says so.
	j.open(id)
	j.enterAll(id, 3)
	j.verb(CmdClose, id)
	j.do(j.arming(id, ""))
	j.verb(CmdReset, id)
	if f := j.s.Snapshot().Freezes; len(f) != 2 || !f[0].Abandoned || !f[1].Abandoned || f[0].Round == 0 {
		t.Errorf("the history says %+v", f)
	}
}

// Another raffle drawn in between changes the draw's number and nothing else.
func TestOtherDrawsDoNotMoveAPendingOne(t *testing.T) {
	outcome := func(between bool) fairdraw.Ticket {
		j := newJournal(t, false)
		other := j.frozen(RaffleSpec{Again: true}, 5)
		id := j.withBeacon(9)
		j.do(j.arming(id, ""))
		if between {
			j.draw(other)
		}
		j.do(j.completing(id))
		j.verified(id, 1)
		return j.s.draws[len(j.s.draws)-1].won[0].Ticket
	}
	if a, b := outcome(false), outcome(true); a != b {
		t.Errorf("the winner is %v, and %v if another raffle is drawn first", a, b)
	}
}

func TestBeaconIsFixedAtTheOpen(t *testing.T) {
	// A node may put a beacon into every raffle.
	j := newJournal(t, false)
	id := j.addRaffle(1)
	c := j.opening(id)
	chain := beacon.Quicknet()
	c.Chain = &chain
	j.do(c)
	if a := j.activity(id); !a.Raffle.Beacon || a.Raffle.Chain != chain.Hash.String() {
		t.Errorf("%+v", a)
	}
	j.verb(CmdReset, id)
	j.open(id)
	if a := j.activity(id); a.Raffle.Beacon || a.Raffle.Chain != "" {
		t.Errorf("the next run, opened without: %+v", a)
	}
}
