package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

type raffle struct{}

func (raffle) names() names {
	return names{
		kind: "Raffle", invitation: "a raffle to win", one: "ticket", many: "tickets",
		open: "Open the raffle", close: "Close the raffle",
	}
}

func (raffle) words(a *event.Activity) words {
	r := a.Raffle
	w := words{status: "The list is frozen", hint: "The draw comes next"}
	switch {
	case a.State == event.Open:
		w.status, w.hint = "The raffle is open", "Get your ticket on your phone. One each."
		if rule := eligibleLine(a); rule != "" {
			w.hint = rule
		}
	case r.Abandoned:
		w.status, w.hint = "The list was given up", "Nobody has won"
	case r.Pending != nil:
		w.hint = "The draw comes by itself"
	}
	w.rules = "Raffle · " + stakes(r)
	w.plan = "raffle · " + itoa(r.WinnersWanted) + plural(r.WinnersWanted, " winner", " winners")
	if n := len(r.Prizes); n > 1 {
		w.plan = "raffle · " + itoa(n) + " prizes"
	}
	return w
}

func (raffle) phone(p Phone, a *event.Activity, small bool) templ.Component {
	return rafflePhone(p, a, small)
}

func (raffle) scene(a *event.Activity) string {
	switch {
	case a.State == event.Drawn && len(a.Raffle.Winners) > 0:
		return "drawn"
	case a.State == event.Open:
		return "filling"
	default:
		return "frozen"
	}
}

func (k raffle) stage(e *Event, a *event.Activity) templ.Component {
	switch k.scene(a) {
	case "drawn":
		return screenDraw(e, a)
	case "filling":
		return screenStage(e, a, screenFilling(e, a))
	default:
		return screenStage(e, a, screenFrozen(e, a))
	}
}

func (raffle) console(e *Event, a *event.Activity) templ.Component { return raffleConsole(e, a) }

func (raffle) preview(a *event.Activity) templ.Component { return hostPrizes(a, "preview-options") }

func (raffle) dialog() templ.Component { return raffleDialog() }

func (raffle) next(e *Event, a *event.Activity) (act, bool) {
	r := a.Raffle
	switch {
	case r.Abandoned:
		return resetting(a), true
	case r.Pending != nil:
		return act{Label: "The draw comes by itself", Idle: "It waits for round " + u64(r.Pending.Round) + " of the public beacon."}, true
	case a.State == event.Closed && a.Entries > 0, morePrizes(a):
		d := drawing(e, a, drawWord(r))
		if len(r.Prizes) > 1 && r.NextPrize > 0 {
			d.Detail = r.Prizes[r.NextPrize-1]
		}
		return d, true
	default:
		return act{}, false
	}
}

func (raffle) others(h Host, a *event.Activity) (before, after []act) {
	r := a.Raffle
	if a.State == event.Drawn && r.CanWin > 0 && r.Pending == nil && !r.Abandoned && !morePrizes(a) {
		d := drawing(&h.Event, a, "Draw the next one")
		d.Key = "n"
		if r.WinnersWanted > 1 {
			d.Label = "Draw the next " + itoa(r.WinnersWanted)
		}
		before = append(before, d)
	}
	if morePrizes(a) && r.Pending == nil {
		if n := h.upNext(); n != nil {
			after = append(after, opening(n, "Leave the other prizes, open next", ""))
		}
	}
	if r.Beacon && !r.Abandoned && (a.State == event.Closed || a.State == event.Drawn && r.Pending != nil) {
		g := verb(a, event.CmdAbandon, "Give up this list …", "")
		g.Danger = true
		g.Arm = "Sure? It stays in the public history"
		after = append(after, g)
	}
	return before, after
}

// morePrizes reports whether a raffle that was drawn has prizes left to draw.
func morePrizes(a *event.Activity) bool {
	return a.State == event.Drawn && a.Raffle.NextPrize > 0 && a.Raffle.CanWin > 0
}

// drawing carries the number of the draw it asks for, so that a clicker pressed
// twice on two devices draws once.
func drawing(e *Event, a *event.Activity, label string) act {
	d := verb(a, event.CmdDraw, label, "")
	d.Body = fmt.Sprintf(`{"draw":%d}`, len(e.Draws)+1)
	d.Arm = "Press again to draw"
	d.Brass = true
	return d
}

func drawWord(r *event.RaffleView) string {
	switch {
	case len(r.Prizes) > 1 && r.NextPrize > 0:
		return "Draw prize " + itoa(r.NextPrize) + " of " + itoa(len(r.Prizes))
	case r.WinnersWanted > 1:
		return "Draw " + itoa(r.WinnersWanted) + " winners"
	default:
		return "Draw the winner"
	}
}

// outcome is what a draw meant for this phone: "won", "back" (the win was given
// back), "lost", or "none" without a ticket or without a draw.
func (p Phone) outcome(a *event.Activity) string {
	ticket := p.You.Tickets[a.ID]
	switch {
	case a.State != event.Drawn:
		return "none"
	case p.won(a):
		return "won"
	case ticket == "":
		return "none"
	case slices.ContainsFunc(a.Raffle.Voided, func(v event.VoidedView) bool { return v.Ticket.String() == ticket }):
		return "back"
	default:
		return "lost"
	}
}

// won reports whether the phone has a standing win in the activity.
func (p Phone) won(a *event.Activity) bool {
	return slices.ContainsFunc(p.You.Won, func(w event.Won) bool { return w.Activity == a.ID })
}

// ownWin is the phone's standing win in the raffle; the zero value and false without one.
func (p Phone) ownWin(a *event.Activity) (event.WinnerView, bool) {
	for _, w := range a.Raffle.Winners {
		if w.Ticket.String() == p.You.Tickets[a.ID] {
			return w, true
		}
	}
	return event.WinnerView{}, false
}

// ownPrize is what the phone has won, or "".
func (p Phone) ownPrize(a *event.Activity) string {
	w, _ := p.ownWin(a)
	return w.Prize
}

// ownCode is the code of the phone's claim for reading aloud, or "".
func (p Phone) ownCode(a *event.Activity) string {
	w, _ := p.ownWin(a)
	return spacedCode(w.Code)
}

// claimLeft is the time in ms that the phone's owner has left to claim. In a frame,
// which is nobody's own, it is all of it: the module puts in the winner's.
func (p Phone) claimLeft(a *event.Activity) int64 {
	if w, _ := p.ownWin(a); w.ClaimMs != 0 {
		return p.Event.msUntil(w.ClaimMs)
	}
	return int64(a.Raffle.ClaimSeconds) * 1000
}

// checkedIn is "yes" where the phone has said that it is here. The module adds "busy".
func (p Phone) checkedIn(a *event.Activity) string { return yesno(slices.Contains(p.You.Here, a.ID)) }

// claimStep is how far the phone's own claim has come: "none" (nothing won),
// "ask", "code" (it shows its code), "again" (it has to be asked for once more),
// "done". The module adds "busy".
func (p Phone) claimStep(a *event.Activity) string {
	w, won := p.ownWin(a)
	switch {
	case !won:
		return "none"
	case w.Claim == event.Claimed:
		return "done"
	case w.Code != "":
		return "code"
	case w.Claim == event.Claiming:
		return "again"
	default:
		return "ask"
	}
}

// shortTicket is a ticket's first six hex digits for reading aloud: "7C19-A2".
func shortTicket(ticket string) string {
	if len(ticket) < 6 {
		return ticket
	}
	return strings.ToUpper(ticket[:4] + "-" + ticket[4:6])
}

// spacedCode is a claim's code for reading aloud: "48 21".
func spacedCode(code string) string {
	if len(code) != 4 {
		return code
	}
	return code[:2] + " " + code[2:]
}
