package kinds

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
	"drumroll/web/problem"
)

type raffle struct{}

func (raffle) spec(body []byte, on event.Spec) (event.Spec, error) {
	r := event.RaffleSpec{}
	if on.Raffle != nil {
		r = *on.Raffle
	}
	in := contract.RaffleSpec{Title: on.Title, Winners: r.Winners, Prizes: slices.Clone(r.Prizes), Again: r.Again, ClaimSeconds: r.ClaimSeconds, Beacon: r.Beacon}
	if err := unmarshal(body, &in); err != nil {
		return on, err
	}
	r.Winners, r.Prizes, r.Again, r.ClaimSeconds, r.Beacon = in.Winners, in.Prizes, in.Again, in.ClaimSeconds, in.Beacon
	if e := in.Eligible; e != nil {
		r.Eligible = event.Eligibility{TookPart: e.TookPart, JoinedBefore: uint64(e.JoinedBefore), CheckedIn: e.CheckedIn}
	}
	on.Title, on.Raffle = in.Title, &r
	return on, nil
}

func (raffle) verbs() map[string]verb {
	return map[string]verb{
		event.CmdOpen:    openRaffle,
		event.CmdDraw:    draw,
		event.CmdRedraw:  redraw,
		event.CmdVoid:    void,
		event.CmdConfirm: confirm,
		event.CmdAbandon: asItIs,
	}
}

// openRaffle puts the end of the run's seed chain into the command.
func openRaffle(n *Node, call *Call, c *event.Command) error {
	if err := openFor(n, call, c); err != nil {
		return err
	}
	chain, run, _ := n.chain(call.Replica, c.Activity)
	commitment := chain.Element(0)
	c.Run, c.Commitment = run, &commitment
	if call.Activity.Raffle.Beacon || n.BeaconAlways {
		c.Chain = &n.Beacon.Chain
	}
	return nil
}

func draw(n *Node, call *Call, c *event.Command) error {
	// The list of a large crowd takes a moment; the fold should not wait for it.
	var frozen func()
	call.Replica.View(func(st *event.State) { frozen = st.Frozen(c.Activity) })
	frozen()
	if call.Details.Draw < 0 {
		return problem.Invalid("draw must be the number that the draw will have.")
	}
	c.Draw = call.Details.Draw
	if call.Activity.Raffle.Chain != "" {
		// It waits for a round of the beacon; the seed comes with that.
		c.Type, c.Run = event.CmdArm, call.Activity.Run
		return nil
	}
	chain, run, element := n.chain(call.Replica, c.Activity)
	c.Run = run
	if element <= fairdraw.ChainLength {
		seed := chain.Element(element)
		c.Seed = &seed
	}
	return nil
}

func redraw(n *Node, call *Call, c *event.Command) error {
	if err := void(n, call, c); err != nil {
		return err
	}
	return draw(n, call, c)
}

func void(_ *Node, call *Call, c *event.Command) (err error) {
	c.Reason, err = event.Text("reason", call.Details.Reason)
	ticket, bad := fairdraw.ParseTicket(call.Details.Winner)
	switch {
	case call.Activity.State != event.Drawn: // the verb itself is what is wrong: the fold says so
	case err != nil:
		return err
	case bad != nil:
		return errNoWinner()
	}
	c.Void = ticket.String()
	return nil
}

func confirm(_ *Node, call *Call, c *event.Command) error {
	if _, err := fairdraw.ParseTicket(call.Details.Winner); err != nil {
		return errNoWinner()
	}
	c.Ticket = call.Details.Winner
	return nil
}

func errNoWinner() error { return problem.Invalid("winner must be the ticket of a winner.") }

// chain is the seed chain of a raffle's run, and the 1-based index of the element
// that its next draw reveals.
func (n *Node) chain(rep *replica.Replica, id int) (chain *fairdraw.Chain, run, element int) {
	var uid event.UID
	rep.View(func(st *event.State) {
		uid = st.UID()
		run, element, _ = st.NextSeed(id)
	})
	return fairdraw.NewChain(n.SigningKey, uid, uint64(id), uint64(run)), run, element
}

func (raffle) form(url.Values, *event.Entry) error { return nil }

func (raffle) show(a *event.Activity, now time.Time, out *contract.Activity) {
	r := a.Raffle
	out.Raffle = &contract.Raffle{
		WinnersWanted: r.WinnersWanted, Winners: make([]contract.Winner, len(r.Winners)), Voided: make([]contract.Voided, len(r.Voided)),
		Shortfall: r.Shortfall, LastDraw: r.LastDraw, CanWin: r.CanWin,
		Commitment: r.Commitment, Root: r.Root, Fingerprint: r.Fingerprint,
		Prizes: append([]string{}, r.Prizes...), NextPrize: r.NextPrize, Again: r.Again, Eligible: contract.Eligible(r.Eligible),
		ClaimSeconds: r.ClaimSeconds, Beacon: r.Beacon, BeaconChain: r.Chain, Round: r.Round, RoundAtMS: r.RoundMs,
		Pending: pending(r.Pending, now), Abandoned: r.Abandoned,
	}
	for i, w := range r.Winners {
		out.Winners[i] = winner(w, now)
	}
	for i, v := range r.Voided {
		out.Voided[i] = contract.Voided{Winner: winner(v.WinnerView, now), Reason: v.Reason}
	}
}

func pending(p *event.PendingView, now time.Time) *contract.Pending {
	if p == nil {
		return nil
	}
	out := &contract.Pending{Draw: p.Draw, Round: p.Round, AtMS: p.Ms, DueInMS: int64(p.Ms) - now.UnixMilli(), Prize: p.Prize, Redraw: p.Redraw}
	if p.Late(uint64(now.UnixMilli())) {
		out.WaitingSince = p.Ms
	}
	return out
}

func winner(w event.WinnerView, now time.Time) contract.Winner {
	out := contract.Winner{Handle: w.Handle, Ticket: w.Ticket.String(), Draw: w.Draw, Prize: w.Prize, Claim: w.Claim, Code: w.Code}
	if w.ClaimMs != 0 {
		left := max(0, int64(w.ClaimMs)-now.UnixMilli())
		out.ClaimClosesInMS = &left
	}
	if w.Own {
		out.Name = w.Name
	}
	if w.Person != 0 {
		out.Person = w.Person.String()
	}
	return out
}

func (raffle) rows(a *event.Activity) (rows [][]string) {
	row := func(draw int, ticket fairdraw.Ticket, handle, note string) {
		rows = append(rows, []string{"", "", "", strconv.Itoa(draw), ticket.String(), cell(handle), cell(note)})
	}
	for _, w := range a.Raffle.Winners {
		row(w.Draw, w.Ticket, w.Name, "won")
	}
	for _, v := range a.Raffle.Voided {
		row(v.Draw, v.Ticket, v.Handle, "voided: "+v.Reason)
	}
	if rows == nil {
		rows = [][]string{make([]string, 7)}
	}
	return rows
}
