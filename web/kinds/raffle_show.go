package kinds

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/internal/replica"
)

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
	out := contract.You{Handle: y.Handle, Name: y.Name, Entries: y.Choices, N: y.N, Tickets: y.Tickets,
		Here: append([]int{}, y.Here...), Unfit: y.Unfit, Won: make([]contract.Won, len(y.Won))}
	for i, w := range y.Won {
		out.Won[i] = contract.Won{Activity: w.Activity, Draw: w.Draw, Ticket: w.Ticket, Prize: w.Prize, Claim: w.Claim}
		if ticket, err := fairdraw.ParseTicket(w.Ticket); err == nil && w.Claim != "" {
			out.Won[i].Code = n.ClaimCode(uid, ticket)
		}
	}
	return out
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
		out[i] = contract.Freeze{Activity: f.Activity, Title: f.Title, Run: f.Run, Root: f.Root, Fingerprint: f.Fingerprint, Size: f.Size,
			At: f.Ms, Round: f.Round, Draws: f.Draws, Abandoned: f.Abandoned}
	}
	return out
}
