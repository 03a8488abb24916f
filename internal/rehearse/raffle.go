package rehearse

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"drumroll/internal/contract"
)

// raffle: a phone asks for one ticket, says that it is here where that is asked for, and
// claims what it won.
type raffle struct{}

func (raffle) verb() string { return "enter" }

func (raffle) usual() Taking { return Taking{Share: 0.9, After: 3 * time.Second} }

func (raffle) places(*contract.Activity) (first, places int) { return 0, 0 }

func (raffle) fill(e *contract.Entry, p *phone, r *part, _ choice) {
	if r.nonce == "" {
		r.nonce = nonce(p.random)
	}
	e.Nonce = r.nonce
}

// nonce is what a phone adds to its ticket's randomness: 16 bytes in base64url.
func nonce(random *rand.Rand) string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], random.Uint64())
	binary.LittleEndian.PutUint64(b[8:], random.Uint64())
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func (raffle) counts(*contract.Activity) int { return 0 }

func (raffle) accepted(p *phone, r *part, f *contract.Ack) {
	if f.Status == contract.Changed {
		p.c.checks.fail(checkOnce, "phone %d changed its ticket, in activity %d", p.no, r.of.ID)
	}
	if f.Ticket == "" || r.ticket != "" && f.Ticket != r.ticket {
		p.c.checks.fail(checkTicket, "phone %d was given ticket %q, and had %q", p.no, f.Ticket, r.ticket)
	}
	if f.Ticket != "" {
		r.ticket = f.Ticket
		p.c.own(f.Ticket, p)
	}
	p.checkInLocked(r)
}

func (raffle) compare(p *phone, r *part, a *contract.Activity, y *contract.You, now time.Time) {
	switch got := y.Tickets[a.ID]; {
	case got == r.ticket:
	case got == "":
		p.lostLocked(r, a, now)
	case r.ticket != "":
		p.c.checks.fail(checkTicket, "phone %d had ticket %s in activity %d, and is told %s", p.no, r.ticket, a.ID, got)
	case len(r.maybe) == 0:
		p.c.checks.fail(checkForeign, "phone %d is told of ticket %s in activity %d, which it did not enter", p.no, got, a.ID)
	default: // the answer to its entry was lost
		r.ticket = got
		p.c.own(got, p)
	}
}

// hereAfter is the median time from a ticket to "I'm here".
const hereAfter = 1500 * time.Millisecond

// checkInLocked says that the phone is here, where the raffle that it has just entered
// asks for it.
func (p *phone) checkInLocked(r *part) {
	if r.of.Raffle == nil || !r.of.Eligible.CheckedIn {
		return
	}
	wait := min(think(p.random, hereAfter), p.c.cfg.Script.Kinds[r.of.Kind].After)
	time.AfterFunc(wait, func() {
		if p.call("check-in", http.MethodPost, "/checkins", contract.CheckIn{Activity: r.of.ID, Run: r.of.Run}) {
			p.c.checkIns.Add(1)
		}
	})
}

// claimLocked claims a ticket that won, as most winners do: once the drum roll is over
// and they believe it.
func (p *phone) claimLocked(ticket string) {
	s := &p.c.cfg.Script
	if p.random.Float64() >= s.Claim {
		return
	}
	time.AfterFunc(s.ClaimAfter/2+think(p.random, s.ClaimAfter/2), func() {
		if p.call("claim", http.MethodPost, "/claims", contract.Claim{Ticket: ticket}) {
			p.c.claims.Add(1)
		}
	})
}

func (p *phone) onWon(f *contract.Ack) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = time.Now()
	p.toldWonLocked(f.Ticket)
}

// toldWonLocked notes a win. The answer that told the phone its ticket may have been
// lostLocked; then the next state decides.
func (p *phone) toldWonLocked(ticket string) {
	if slices.Contains(p.won, ticket) {
		return
	}
	p.won = append(p.won, ticket)
	p.claimLocked(ticket)
	if slices.ContainsFunc(p.runs, func(r *part) bool { return r.ticket == ticket }) {
		return
	}
	if p.ready && !slices.ContainsFunc(p.runs, func(r *part) bool { return r.nonce != "" && r.ticket == "" && len(r.maybe) > 0 }) {
		p.notMine(ticket)
		return
	}
	p.unsure = append(p.unsure, ticket)
}

// judgeWinsLocked decides about wins whose ticket was unknown.
func (p *phone) judgeWinsLocked(y *contract.You) {
	for _, ticket := range p.unsure {
		if !slices.Contains(slices.Collect(maps.Values(y.Tickets)), ticket) {
			p.notMine(ticket)
		}
	}
	p.unsure = nil
}

func (p *phone) notMine(ticket string) {
	p.c.checks.fail(checkWon, "phone %d is told that ticket %s won, which it does not hold", p.no, ticket)
}

// checkWinners checks that every connected phone with a winning ticket was told.
func (c *crowd) checkWinners(e *contract.Event) {
	for i := range e.Activities {
		if e.Activities[i].Raffle == nil {
			continue
		}
		for _, w := range e.Activities[i].Winners {
			c.mu.Lock()
			no, ours := c.owners[w.Ticket]
			c.mu.Unlock()
			if !ours {
				continue
			}
			p := c.phones[no]
			p.mu.Lock()
			if p.ready && !slices.Contains(p.won, w.Ticket) {
				c.checks.fail(checkWinners, "phone %d was not told that its ticket %s won", no, w.Ticket)
			}
			p.mu.Unlock()
		}
	}
}
