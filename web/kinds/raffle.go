package kinds

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"drumroll/internal/beacon/source"
	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
	"drumroll/web/problem"
)

type raffle struct{}

func (raffle) spec(body []byte, on event.Spec) (event.Spec, error) {
	r := *cmp.Or(on.Raffle, &event.RaffleSpec{})
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

// Freeze makes a raffle ready for a draw that c asks for: its list is frozen again
// where others have won in another raffle since, in a record of its own, so that it is
// public before the seed is. And a large list is computed here, so that the fold need
// not wait for it. For other commands it does nothing.
func Freeze(ctx context.Context, rep *replica.Replica, c *event.Command) (settled replica.Settled, err error) {
	if c.Type != event.CmdDraw && c.Type != event.CmdRedraw && c.Type != event.CmdArm {
		return settled, nil
	}
	var stale bool
	rep.View(func(st *event.State) { stale = st.Stale(c.Activity) })
	if stale {
		if settled, err = rep.Propose(ctx, &event.Command{Type: event.CmdFreeze, Activity: c.Activity, Run: c.Run}); err != nil {
			return settled, err
		}
	}
	var frozen func()
	rep.View(func(st *event.State) { frozen = st.Frozen(c.Activity) })
	frozen()
	return settled, nil
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
		Commitment: r.Commitment, Freeze: facts(r.Freeze), Fingerprint: r.Fingerprint,
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

// HostSnapshot is the snapshot for the host's eyes, claim codes included.
func (n *Node) HostSnapshot(rep *replica.Replica) event.Snapshot {
	snap, _ := rep.Snapshot()
	return n.WithCodes(snap)
}

// WithCodes is a snapshot with the claim codes of all winners, for the host alone.
func (n *Node) WithCodes(snap event.Snapshot) event.Snapshot {
	snap.Activities = slices.Clone(snap.Activities)
	for i, a := range snap.Activities {
		snap.Activities[i] = n.WithCode(snap.UID, a)
	}
	return snap
}

// WithCode is an activity with the claim codes of its winners, for the host alone.
func (n *Node) WithCode(uid event.UID, a event.Activity) event.Activity {
	if a.Raffle == nil || len(a.Raffle.Winners) == 0 {
		return a
	}
	raffle := *a.Raffle // all who look share the one in a snapshot
	raffle.Winners = slices.Clone(raffle.Winners)
	for i := range raffle.Winners {
		w := &raffle.Winners[i]
		w.Code = n.ClaimCode(uid, w.Ticket)
	}
	a.Raffle = &raffle
	return a
}

// ClaimCode is what a winner's phone shows to the host, who sees it as well: 4
// digits that nobody else can know. It is in no record and no public frame.
func (n *Node) ClaimCode(uid event.UID, ticket fairdraw.Ticket) string {
	h := hmac.New(sha256.New, n.SigningKey)
	h.Write([]byte("drumroll claim code 1\x00"))
	h.Write(uid[:])
	h.Write(ticket[:])
	return fmt.Sprintf("%04d", binary.BigEndian.Uint64(h.Sum(nil))%10_000)
}

// You is what a phone is told of itself.
func (n *Node) You(uid event.UID, y event.You) contract.You {
	out := contract.You{Handle: y.Handle, Name: y.Name, Entries: y.Choices, N: y.N, Tickets: y.Tickets, Pseudonyms: map[int]string{},
		Here: append([]int{}, y.Here...), Unfit: y.Unfit, Won: make([]contract.Won, len(y.Won))}
	for id, run := range y.Raffles {
		pseudonym := n.Pseudonym(uid, y.Who, id, run)
		out.Pseudonyms[id] = fairdraw.ID(pseudonym).String()
	}
	for i, w := range y.Won {
		out.Won[i] = contract.Won{Activity: w.Activity, Draw: w.Draw, Ticket: w.Ticket, Prize: w.Prize, Claim: w.Claim}
		if ticket, err := fairdraw.ParseTicket(w.Ticket); err == nil && w.Claim != "" {
			out.Won[i].Code = n.ClaimCode(uid, ticket)
		}
	}
	return out
}

// Pseudonym is what a participant's ticket in one run is made of besides the nonce.
// The phone is told it before it chooses that.
func (n *Node) Pseudonym(uid event.UID, p event.Participant, activity, run int) [16]byte {
	return fairdraw.MakePseudonym(n.SigningKey, uid, uint64(activity), uint64(run), uint64(p))
}

// Draws are the lines of the history of draws.
func Draws(lines []event.DrawLine) []contract.Draw {
	out := make([]contract.Draw, len(lines))
	for i, d := range lines {
		out[i] = contract.Draw{Draw: d.Number, Activity: d.Activity, Title: d.Title, Run: d.Run, Entrants: d.Entrants,
			Winners: []string{}, Names: d.Names, Reason: d.Reason, Prize: d.Prize}
		for _, t := range d.Winners {
			out[i].Winners = append(out[i].Winners, t.String())
		}
	}
	return out
}

// Freezes are the lines of the history of frozen lists.
func Freezes(lines []event.FreezeLine) []contract.Freeze {
	out := make([]contract.Freeze, len(lines))
	for i, f := range lines {
		out[i] = contract.Freeze{Activity: f.Activity, Title: f.Title, Run: f.Run, Number: f.Number, Freeze: facts(f.Freeze), Fingerprint: f.Fingerprint, Size: f.Size,
			At: f.Ms, Round: f.Round, Draws: f.Draws, Abandoned: f.Abandoned}
	}
	return out
}

// Proof is a participant's place in a frozen list, with what its ticket was made of.
// Errors: none but of a ticket that is not in its own list.
func (n *Node) Proof(uid event.UID, p event.Participant, id int, receipt event.Receipt) (contract.Proof, error) {
	list := receipt.List()
	pos, ok := list.Find(receipt.Ticket)
	if !ok {
		return contract.Proof{}, fmt.Errorf("ticket %v is not in the frozen list of raffle %d", receipt.Ticket, id)
	}
	proof, err := list.Proof(pos)
	if err != nil {
		return contract.Proof{}, err
	}
	leaf := list.Leaf(pos)
	out := contract.Proof{
		Freeze: *facts(receipt.Freeze()), Position: pos, Nonce: base64.RawURLEncoding.EncodeToString(receipt.Nonce[:]),
		Pseudonym: fairdraw.ID(n.Pseudonym(uid, p, id, receipt.Run)).String(),
		Leaf:      contract.Leaf{Ticket: leaf.Ticket.String(), Handle: leaf.Handle, NonceHash: leaf.NonceHash.String(), Unfit: leaf.Unfit},
		Proof:     make([]string, len(proof)),
	}
	for i, sibling := range proof {
		out.Proof[i] = sibling.String()
	}
	return out, nil
}

// facts is a freeze in the contract's JSON, which is the record's; nil where there is
// none yet.
func facts(f *fairdraw.Freeze) *contract.FreezeFacts {
	if f == nil {
		return nil
	}
	out := &contract.FreezeFacts{
		Hash: f.Hash.String(), Event: f.Event.String(), Activity: f.Activity, Run: f.Run, Number: f.Number, Draws: f.Draws, At: f.At,
		Commitment: f.Commitment.String(), Root: f.Root.String(), Size: f.Size, Rules: contract.DrawRules(f.Rules),
	}
	if f.Beacon != nil {
		out.Beacon = &contract.FreezeBeacon{Chain: f.Beacon.Chain.String(), Round: f.Beacon.Round}
	}
	return out
}

// Alone is a spec without what names another activity, or a moment before a crowd
// comes: nobody could win.
func Alone(spec event.Spec, comes time.Time) event.Spec {
	if spec.Raffle == nil {
		return spec
	}
	raffle := *spec.Raffle
	raffle.Eligible.TookPart = 0
	if raffle.Eligible.JoinedBefore < uint64(comes.UnixMilli()) {
		raffle.Eligible.JoinedBefore = 0
	}
	spec.Raffle = &raffle
	return spec
}

// Renumbered is a spec with the new id of the activity that it names; false where it
// names none.
func Renumbered(spec event.Spec, ids map[int]int) (event.Spec, bool) {
	if spec.Raffle == nil {
		return spec, false
	}
	part, known := ids[spec.Raffle.Eligible.TookPart]
	if !known {
		return spec, false
	}
	raffle := *spec.Raffle
	raffle.Eligible.TookPart, raffle.Eligible.JoinedBefore = part, 0
	spec.Raffle = &raffle
	return spec, true
}

// Completer makes the commands that complete draws which waited for a round of
// the beacon: the round's signature from src, the seed from the signing key.
func Completer(signingKey []byte, src *source.Source) func(context.Context, event.UID, event.PendingDraw) (*event.Command, error) {
	return func(ctx context.Context, uid event.UID, d event.PendingDraw) (*event.Command, error) {
		from := src
		if from == nil || from.Hash.String() != d.Chain {
			from = source.Quicknet()
		}
		if from.Hash.String() != d.Chain {
			return nil, fmt.Errorf("this node knows no hosts of the beacon %s", d.Chain)
		}
		signature, err := from.Fetch(ctx, d.Round)
		if err != nil {
			return nil, err
		}
		signed := fairdraw.Signature(signature)
		seed := fairdraw.NewChain(signingKey, uid, uint64(d.Activity), uint64(d.Run)).Element(d.Element)
		return &event.Command{
			Type: event.CmdDraw, Activity: d.Activity, Run: d.Run, Seed: &seed, Round: d.Round, Signature: &signed,
		}, nil
	}
}
