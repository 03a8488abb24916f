package ui

import (
	"slices"
	"strings"
)

// The personal part of a phone: the same questions are answered in
// static/js/src/personal.js for frames, whose html is the same for everybody.

// entered reports whether the phone's own entry counts in the activity's run.
func (p Phone) entered(a Activity) bool {
	return p.You.Tickets[a.ID] != "" || len(p.You.Choices[a.ID]) > 0
}

// chose reports whether the option is part of the phone's counted choice.
func (p Phone) chose(a Activity, option int) bool {
	return slices.Contains(p.You.Choices[a.ID], option)
}

// outcome is what a draw meant for this phone: "won", "back" (the win was given
// back), "lost", or "none" without a ticket or without a draw.
func (p Phone) outcome(a Activity) string {
	ticket := p.You.Tickets[a.ID]
	switch {
	case a.State != "drawn":
		return "none"
	case len(p.You.Won[a.ID]) > 0:
		return "won"
	case ticket == "":
		return "none"
	case slices.ContainsFunc(a.Voided, func(v Voided) bool { return v.Ticket == ticket }):
		return "back"
	default:
		return "lost"
	}
}

// ownWin is the phone's standing win in the activity, or the zero Winner.
func (p Phone) ownWin(a Activity) Winner {
	ticket := p.You.Tickets[a.ID]
	for _, w := range a.Winners {
		if ticket != "" && w.Ticket == ticket {
			return w
		}
	}
	return Winner{}
}

// claimLeft is the time that a winner has left, in ms. In a frame, which is nobody's
// own, it is all of it: the module puts in the winner's.
func claimLeft(w Winner, a Activity) int64 {
	if w.HasClaimDue {
		return w.ClaimDueMS
	}
	return int64(a.ClaimSeconds) * 1000
}

// checkedIn is "yes" where the phone has said that it is here. The module adds "busy".
func (p Phone) checkedIn(a Activity) string { return yesno(slices.Contains(p.You.Here, a.ID)) }

// claimStep is how far the phone's own claim has come: "none" (nothing won),
// "ask", "code" (it shows its code), "again" (it has to be asked for once more),
// "done". The module adds "busy".
func (p Phone) claimStep(a Activity) string {
	w := p.ownWin(a)
	switch {
	case w.Ticket == "":
		return "none"
	case w.Claim == "claimed":
		return "done"
	case w.Code != "":
		return "code"
	case w.Claim == "claiming":
		return "again"
	default:
		return "ask"
	}
}

// stageOutcome turns the whole page brass when the activity on show was won.
func (p Phone) stageOutcome() string {
	if p.Event.Current == nil {
		return "none"
	}
	return p.outcome(*p.Event.Current)
}

// others are the open activities beside the one on show.
func (p Phone) others() []Activity {
	var open []Activity
	for _, a := range p.Event.Activities {
		if a.State == "open" && (p.Event.Current == nil || a.ID != p.Event.Current.ID) {
			open = append(open, a)
		}
	}
	return open
}

// otherWins are the short codes of tickets that won in activities not on show:
// a winner keeps them at hand when the host has moved on.
func (p Phone) otherWins() []string {
	var short []string
	for id, tickets := range p.You.Won {
		if p.Event.Current != nil && p.Event.Current.ID == id {
			continue
		}
		for _, t := range tickets {
			short = append(short, shortTicket(t))
		}
	}
	slices.Sort(short)
	return short
}

// shownName is what the phone calls its owner.
func (y You) shownName() string {
	if y.Name != "" {
		return y.Name
	}
	return y.Handle
}

// shortTicket is a ticket's first six hex digits for reading aloud: "7C19-A2".
func shortTicket(ticket string) string {
	if len(ticket) < 6 {
		return ticket
	}
	return strings.ToUpper(ticket[:4] + "-" + ticket[4:6])
}

func yesno(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// pollHint says what a tap does.
func pollHint(a Activity) string {
	if a.MaxChoices > 1 {
		return "Pick up to " + itoa(a.MaxChoices) + ". You can change them until it closes."
	}
	return "Tap one. You can change it until it closes."
}

// closedWords head a poll that takes no votes any more.
func closedWords(a Activity) string {
	switch {
	case a.State == "revealed":
		return "The result"
	case a.CountsShown:
		return "Voting is closed"
	default:
		return "Voting is closed. The result is about to be revealed."
	}
}

// manyOptions asks for smaller cards, so that a thumb has less to scroll.
func manyOptions(a Activity) string {
	if len(a.Options) > 6 {
		return "many"
	}
	return ""
}

func share(a Activity, o Option) string {
	if !a.CountsShown || a.Entries == 0 {
		return "0%"
	}
	return sharePercent(&a, o)
}

// cell names an option's numbers for the ticks: "3:0".
func cell(a Activity, o Option) string { return itoa(a.ID) + ":" + itoa(o.Index) }

func optionID(a Activity, o Option) string { return "o" + itoa(a.ID) + "-" + itoa(o.Index) }

// mark is the state of an option on this phone: "counted" or "". The module adds
// "sending" and "kept" (taken while offline).
func (p Phone) mark(a Activity, o Option) string {
	if p.chose(a, o.Index) {
		return "counted"
	}
	return ""
}

// markText says the mark in words.
func (p Phone) markText(a Activity, o Option) string {
	switch {
	case !p.chose(a, o.Index):
		return ""
	case a.State == "open":
		return "✓ counted"
	default:
		return "✓ your vote"
	}
}
