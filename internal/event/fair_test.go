package event

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon/beacontest"
	"drumroll/internal/fairdraw"
)

// oracle is a beacon whose first round came at the Unix epoch.
var oracle = beacontest.NewKey("event", 3*time.Second, time.Unix(3600, 0))

func (j *journal) addSpec(r RaffleSpec) int {
	j.t.Helper()
	s := Spec{Kind: Raffle, Title: "A keyboard", Raffle: &r}
	if err := s.Normalize(); err != nil {
		j.t.Fatal(err)
	}
	return j.do(Command{Type: CmdAdd, Spec: &s}).ID
}

// frozen makes a raffle with n entrants and closes it.
func (j *journal) frozen(s RaffleSpec, n int) int {
	j.t.Helper()
	id := j.addSpec(s)
	j.open(id)
	j.enterAll(id, n)
	j.verb(CmdClose, id)
	return id
}

func here(p Participant, activity, run int) Item {
	it := HereItem()
	it.Participant, it.Activity, it.Run = p, activity, run
	return it
}

// verified checks the records of all draws of a run, with their history and list.
func (j *journal) verified(id, run int) []*fairdraw.Record {
	j.t.Helper()
	var records []*fairdraw.Record
	var earlier [][]byte
	for _, d := range j.s.draws {
		if d.Activity != id || d.Run != run {
			continue
		}
		known := fairdraw.Known{Earlier: earlier, Freeze: d.frozen.ready().Hash.String(), Commitment: d.Record.Freeze.Commitment.String()}
		known.Chains = append(known.Chains, oracle.Chain)
		for _, s := range fairdraw.Verify(d.Record, known) {
			if s.Status == fairdraw.Failed {
				j.t.Errorf("draw %d: %s: %s", d.Number, s.Name, s.Detail)
			}
		}
		data, err := json.Marshal(d.Record)
		if err != nil {
			j.t.Fatal(err)
		}
		records, earlier = append(records, d.Record), append(earlier, data)
	}
	return records
}

func TestPrizes(t *testing.T) {
	j := newJournal(t, false)
	id := j.frozen(RaffleSpec{Again: true, Prizes: []string{"A keyboard", " A mouse "}}, 6)
	if a := j.activity(id); a.Raffle.NextPrize != 1 || !slices.Equal(a.Raffle.Prizes, []string{"A keyboard", "A mouse"}) {
		t.Fatalf("before the first draw: prize %d of %q", a.Raffle.NextPrize, a.Raffle.Prizes)
	}
	first := j.draw(id)
	j.draw(id)
	// The first is absent: a redraw is for the same prize and moves nothing on.
	j.do(j.redrawing(id, first.won[0].Ticket.String()))
	if a := j.activity(id); a.Raffle.NextPrize != 0 {
		t.Errorf("after two of two prizes comes prize %d", a.Raffle.NextPrize)
	}
	j.draw(id)
	var prizes []string
	for _, r := range j.verified(id, 1) {
		prizes = append(prizes, r.Prize)
	}
	if diff := cmp.Diff([]string{"A keyboard", "A mouse", "A keyboard", ""}, prizes); diff != "" {
		t.Errorf("prizes of the draws (-want +got):\n%s", diff)
	}
	var won []string
	for _, w := range j.activity(id).Raffle.Winners {
		won = append(won, w.Prize)
	}
	if diff := cmp.Diff([]string{"A mouse", "A keyboard", ""}, won); diff != "" {
		t.Errorf("prizes of the winners (-want +got):\n%s", diff)
	}
	j.verb(CmdReset, id)
	if a := j.activity(id); a.Raffle.NextPrize != 1 {
		t.Errorf("a new run begins with prize %d", a.Raffle.NextPrize)
	}
}

func TestWinnersOfOtherRafflesArePassedOver(t *testing.T) {
	j := newJournal(t, false)
	first := j.frozen(RaffleSpec{Again: true, Winners: 2}, 3)
	j.draw(first)
	once, again := j.frozen(RaffleSpec{Winners: 3}, 3), j.frozen(RaffleSpec{Again: true, Winners: 3}, 3)
	if a, b := j.activity(once), j.activity(again); a.Raffle.CanWin != 1 || b.Raffle.CanWin != 3 {
		t.Errorf("%d and %d can win, want 1 and 3", a.Raffle.CanWin, b.Raffle.CanWin)
	}
	d := j.draw(once)
	if len(d.won) != 1 || d.Record.Shortfall() != 2 || len(d.Record.Skips) != 2 || d.Record.Freeze.Rules.Again {
		t.Fatalf("%d winners, %+v", len(d.won), d.Record)
	}
	for _, s := range d.Record.Skips {
		if s.Reason != fairdraw.SkipElsewhere(1) {
			t.Errorf("%v was passed over as %q", s.Ticket, s.Reason)
		}
	}
	j.verified(once, 1)
	if d := j.draw(again); len(d.won) != 3 || !d.Record.Freeze.Rules.Again {
		t.Errorf("where winners may win again: %+v", d.Record)
	}

	// Who gave the ticket back, or whose raffle was reset, has not won.
	back := j.frozen(RaffleSpec{Winners: 3}, 3)
	j.refuse(Conflict, j.drawing(back))
	j.verb(CmdReset, again)
	j.verb(CmdReset, once)
	j.do(Command{Type: CmdVoid, Activity: first, Void: j.activity(first).Raffle.Winners[0].Ticket.String(), Reason: "went home"})
	if a := j.activity(back); a.Raffle.CanWin != 2 {
		t.Errorf("%d can win, want 2", a.Raffle.CanWin)
	}
}

func TestEligibility(t *testing.T) {
	j := newJournal(t, false)
	poll := j.addPoll(Live, 1, "a", "b")
	j.open(poll)
	j.batch(vote(1, poll, 1, 1, 0), vote(2, poll, 1, 1, 0), vote(3, poll, 1, 1, 0))
	j.ms += 10_000
	limit := j.ms + 1 // of the next record
	j.batch(vote(4, poll, 1, 1, 0))
	early := Participant(5)
	id := j.addSpec(RaffleSpec{Again: true, Winners: 9, Eligible: Eligibility{TookPart: poll, JoinedBefore: limit, CheckedIn: true}})
	j.refuse(Invalid, Command{Type: CmdEdit, Activity: id, Spec: &Spec{Kind: Raffle, Title: "x", Raffle: &RaffleSpec{Winners: 1, Eligible: Eligibility{TookPart: id}}}})
	j.refuse(Invalid, Command{Type: CmdEdit, Activity: id, Spec: &Spec{Kind: Raffle, Title: "x", Raffle: &RaffleSpec{Winners: 1, Eligible: Eligibility{TookPart: 99}}}})
	if out := j.one(here(1, id, 1)); out.Status != TooLate {
		t.Errorf("a check-in before the raffle opens: %+v", out)
	}
	j.open(id)
	for _, c := range []struct {
		it   Item
		want Status
	}{{here(1, id, 1), Counted}, {here(1, id, 1), Unchanged}, {here(2, id, 2), TooLate}, {here(1, poll, 1), Malformed}, {here(1, 99, 1), Malformed}} {
		if out := j.one(c.it); out.Status != c.want {
			t.Errorf("check-in %+v: %+v, want status %d", c.it, out, c.want)
		}
	}
	for p := Participant(1); p <= early; p++ {
		j.batch(ticket(p, id, 1))
	}
	j.batch(here(4, id, 1), here(5, id, 1), here(3, id, 1))
	if you := j.s.You(3); !slices.Equal(you.Here, []int{id}) || you.Unfit != nil {
		t.Errorf("before the freeze phone 3 is told %+v", you)
	}
	j.verb(CmdClose, id)
	// What comes after the freeze changes nothing.
	j.batch(vote(5, poll, 1, 1, 0), here(2, id, 1))
	want := map[Participant]string{1: "", 2: "not checked in", 3: "", 4: "joined too late", 5: "did not take part in activity 1"}
	for p, why := range want {
		if got := j.s.You(p).Unfit[id]; got != why {
			t.Errorf("phone %v is told %q, want %q", p, got, why)
		}
	}
	if a := j.activity(id); a.Raffle.CanWin != 2 {
		t.Errorf("%d can win, want 2", a.Raffle.CanWin)
	}
	d := j.draw(id)
	if len(d.won) != 2 || d.Record.Shortfall() != 7 {
		t.Errorf("winners %v", d.won)
	}
	got := map[Participant]string{}
	for _, w := range d.won {
		got[w.Participant] = ""
	}
	for _, s := range d.Record.Skips {
		for p := range want {
			if j.s.You(p).Tickets[id] == s.Ticket.String() {
				got[p] = s.Reason
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who won, and why the others did not (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fairdraw.Rules{Again: true, TookPart: poll, JoinedBefore: int(limit), CheckedIn: true, Wanted: 9, Prizes: []string{}}, d.Record.Freeze.Rules); diff != "" {
		t.Error(diff)
	}
	j.verified(id, 1)
	j.refuse(Conflict, j.drawing(id))

	none := j.frozen(RaffleSpec{Again: true, Eligible: Eligibility{CheckedIn: true}}, 3)
	j.refuse(Conflict, j.drawing(none))
}

func TestVoidAndClaims(t *testing.T) {
	j := newJournal(t, false)
	id := j.frozen(RaffleSpec{Again: true, Winners: 3, ClaimSeconds: 60}, 6)
	d := j.draw(id)
	a, b, c := d.won[0], d.won[1], d.won[2]
	claim := func(w WinnerTicket) Command {
		return Command{Type: CmdClaim, Activity: id, Ticket: w.Ticket.String(), Person: w.Participant}
	}
	confirm := func(w WinnerTicket) Command {
		return Command{Type: CmdConfirm, Activity: id, Ticket: w.Ticket.String()}
	}
	void := func(w WinnerTicket, why string) Command {
		return Command{Type: CmdVoid, Activity: id, Void: w.Ticket.String(), Reason: why}
	}
	stranger := claim(a)
	stranger.Person = b.Participant
	j.refuse(Conflict, stranger)
	j.do(claim(a))
	j.do(claim(a)) // tapped twice
	j.do(confirm(a))
	j.refuse(Conflict, confirm(a))
	j.do(claim(a)) // the phone was slow
	j.do(claim(b))
	view := j.activity(id)
	for i, want := range []string{Claimed, Claiming, ""} {
		w := view.Raffle.Winners[i]
		if w.Claim != want || (w.ClaimMs != 0) != (want == "") {
			t.Errorf("winner %d: claim %q until %d, want %q", i, w.Claim, w.ClaimMs, want)
		}
	}
	if got, want := view.Raffle.Winners[2].ClaimMs, d.At.Ms+60_000; got != want {
		t.Errorf("the time to claim ends at %d, want %d", got, want)
	}
	if won := j.s.You(b.Participant).Won; len(won) != 1 || won[0].Claim != Claiming {
		t.Errorf("the winner's phone is told %+v", won)
	}

	j.refuse(Invalid, void(c, ""))
	j.do(void(c, "went home"))
	j.refuse(Conflict, void(c, "went home"))
	j.refuse(Conflict, claim(c))
	j.refuse(Conflict, confirm(c))
	view = j.activity(id)
	if view.State != Drawn || len(view.Raffle.Winners) != 2 || len(view.Raffle.Voided) != 1 || view.Raffle.Voided[0].Reason != "went home" || view.Raffle.CanWin != 3 {
		t.Errorf("after the void: %+v", view)
	}
	j.do(j.redrawing(id, b.Ticket.String()))
	j.draw(id)
	records := j.verified(id, 1)
	if r := records[1]; len(r.Returned) != 1 || r.Returned[0].Ticket != c.Ticket || r.Voided.Ticket != b.Ticket {
		t.Errorf("the next record tells of %+v and %+v given back", r.Returned, r.Voided)
	}
	if r := records[2]; len(r.Returned) != 0 {
		t.Errorf("and the one after it of %+v once more", r.Returned)
	}
	for _, verb := range []string{CmdVoid, CmdClaim, CmdConfirm, CmdArm, CmdAbandon} {
		j.refuse(Unknown, Command{Type: verb, Activity: 99})
	}
}

func TestReceipts(t *testing.T) {
	j := newJournal(t, false)
	id := j.addRaffle(1)
	refused := func(p Participant, id int, code RefusalCode) {
		t.Helper()
		if _, no := j.s.Receipt(p, id); no == nil || no.Code != code {
			t.Errorf("receipt of %v in %d: %v", p, id, no)
		}
	}
	refused(1, id, Unknown)
	j.open(id)
	j.enterAll(id, 9)
	refused(1, id, Conflict)
	refused(77, id, Unknown)
	refused(1, 99, Unknown)
	j.verb(CmdClose, id)
	for p := Participant(1); p <= 9; p++ {
		r, no := j.s.Receipt(p, id)
		if no != nil {
			t.Fatal(no)
		}
		list := r.List()
		pos, ok := list.Find(r.Ticket)
		if leaf := list.Leaf(pos); !ok || leaf.NonceHash != fairdraw.HashNonce(r.Nonce) || leaf.Handle != p.Handle() || !bytes.Equal(r.Nonce[:], ticket(p, id, 1).Body[16:]) {
			t.Errorf("%v finds %+v", p, leaf)
		}
	}
}

func TestFreezesStayInPublic(t *testing.T) {
	j := newJournal(t, false)
	id := j.frozen(RaffleSpec{Again: true}, 3)
	j.draw(id)
	j.verb(CmdReset, id)
	j.open(id)
	j.enterAll(id, 2)
	j.verb(CmdClose, id)
	j.verb(CmdReset, id)
	j.verb(CmdRemove, id)
	look(j.s)
	lines := j.s.Snapshot().Public().Freezes
	if len(lines) != 2 {
		t.Fatalf("%d freezes, want 2: %+v", len(lines), lines)
	}
	if a, b := lines[0], lines[1]; a.Run != 1 || a.Size != 3 || a.Draws != 1 || b.Run != 2 || b.Size != 2 || b.Draws != 0 ||
		a.Freeze == nil || b.Freeze == nil || a.Freeze.Hash == b.Freeze.Hash || a.Number != 1 || b.Number != 1 || a.Ms >= b.Ms || a.Abandoned || b.Abandoned {
		t.Errorf("freezes %+v", lines)
	}
}
