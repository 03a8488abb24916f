package main

import (
	"fmt"
	"slices"
	"strings"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
	"drumroll/web/ui"
)

const (
	ownTicket   = "7c19a2f04be1d3a85566708192a3b4c5"
	otherTicket = "f30b66e1a0914c2db7788990aabbccdd"
	promised    = "4165468dc0de7a5b1f6e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"
)

func raffleStates() states {
	return states{rafflePhones(), raffleScreens(), raffleHosts()}
}

// frozen is a freeze, and what people compare of it.
func frozen() (*fairdraw.Freeze, string) {
	f := &fairdraw.Freeze{Number: 1, Hash: fairdraw.Hash{0x7c, 0x19, 0xa0, 0xf2, 0x9b, 0x41, 0x0d, 0x2e, 0xe8, 0xd1, 0xd4, 0x39, 0xcd, 0x5e, 0x82, 0x69}}
	return f, fairdraw.Fingerprint(f.Hash)
}

// prize is a raffle as phones see it.
func prize(state string, winners ...event.WinnerView) event.Activity {
	r := event.RaffleView{WinnersWanted: max(1, len(winners)), Winners: winners, CanWin: 1498 - len(winners), Commitment: promised}
	if state != event.Open {
		r.Freeze, r.Fingerprint = frozen()
	}
	if state == event.Drawn {
		r.LastDraw = 1
	}
	return event.Activity{ID: 5, Kind: event.Raffle, Title: "The mechanical keyboard", State: state, Run: 1, Entries: 1498, Raffle: &r}
}

func winner(name, ticket string) event.WinnerView {
	t, err := fairdraw.ParseTicket(ticket)
	if err != nil {
		panic(err) // a fixture's
	}
	return event.WinnerView{Name: name, Handle: name, Ticket: t, Draw: 1}
}

// rich gives a raffle everything that it may have.
func rich(a *event.Activity) {
	a.Title, a.Raffle.Prizes = "Closing raffle", []string{"A mechanical keyboard", "A ticket for next year", "لوحة مفاتيح"}
	a.Raffle.Eligible = event.Eligibility{TookPart: 1, JoinedBefore: nowMs, CheckedIn: true}
	a.Raffle.TookPart, a.Raffle.ClaimSeconds, a.Raffle.WinnersWanted = "Was this talk useful?", 90, 1
}

// claiming is a winner with a prize, however far the claim has come.
func claiming(w event.WinnerView, claim, code string) event.WinnerView {
	w.Prize, w.Claim, w.Code = "A mechanical keyboard", claim, code
	if claim == "" {
		w.ClaimMs = in(72)
	}
	return w
}

// holding is somebody with a ticket of activity 5, and the tickets that won.
func holding(won ...string) event.You {
	y := event.You{Handle: "Teal Otter 42", Tickets: map[int]string{5: ownTicket}}
	for _, ticket := range won {
		y.Won = append(y.Won, event.Won{Activity: 5, Ticket: ticket})
	}
	return y
}

// waits has a raffle's draw wait for the public beacon.
func waits(a *event.Activity) {
	a.Raffle.Beacon = true
	a.Raffle.Pending = &event.PendingView{Draw: a.Raffle.LastDraw + 1, Round: 24_107_113, Ms: in(7)}
}

func late(a *event.Activity) {
	waits(a)
	a.Raffle.Pending.Ms = in(-5)
}

func givenUp(a *event.Activity) { a.Raffle.Abandoned = true }

func rafflePhones() []Story {
	me, them := winner("Teal Otter 42", ownTicket), winner("Brave Heron 77", otherTicket)
	wall := []event.WinnerView{me, them}
	for _, name := range []string{"Golden Panda 12", "Quiet Lynx 90", "Mint Gecko 33", "Jolly Kestrel 58", "נעמי 🎉", "Opal Wombat 71"} {
		wall = append(wall, winner(name, strings.Repeat("5b9d", 8)))
	}
	return []Story{
		onPhone("raffle, open", stranger, with(prize(event.Open), closing(23))),
		onPhone("raffle, ticket", holding(), prize(event.Open)),
		onPhone("raffle, closed", holding(), prize(event.Closed)),
		onPhone("raffle, closed without a ticket", stranger, prize(event.Closed)),
		onPhone("raffle, won", holding(ownTicket), prize(event.Drawn, me)),
		onPhone("raffle, not this time", holding(), prize(event.Drawn, them)),
		onPhone("raffle, late, without a ticket", stranger, prize(event.Drawn, them)),
		onPhone("raffle, several winners, won", holding(ownTicket), prize(event.Drawn, wall...)),
		onPhone("raffle, several winners, not this time", holding(), prize(event.Drawn, wall[1:]...)),
		onPhone("raffle, win given back", holding(), with(prize(event.Drawn, them), func(a *event.Activity) {
			a.Raffle.LastDraw = 2
			a.Raffle.Voided = []event.VoidedView{{WinnerView: me, Reason: "not in the room"}}
		})),
		onPhone("raffle, second draw", holding(), with(prize(event.Drawn, them, winner("Golden Panda 12", strings.Repeat("5b9d", 8))), func(a *event.Activity) {
			a.Raffle.LastDraw, a.Raffle.Winners[1].Draw = 2, 2
		})),
		onPhone("raffle, shortfall", holding(ownTicket), with(prize(event.Drawn, me, them), func(a *event.Activity) { a.Raffle.Shortfall, a.Entries = 3, 2 })),
		onPhone("raffle, prizes and rules", stranger, with(prize(event.Open), rich)),
		onPhone("raffle, ticket, prizes and rules", holding(), with(prize(event.Open), rich)),
		onPhone("raffle, closed, waits for the beacon", holding(), with(prize(event.Closed), func(a *event.Activity) {
			rich(a)
			waits(a)
			a.Raffle.NextPrize = 1
		})),
		onPhone("raffle, closed, the beacon is late", holding(), with(prize(event.Closed), late)),
		onPhone("raffle, given up", holding(), with(prize(event.Closed), givenUp)),
		onPhone("raffle, won a prize", holding(ownTicket), with(prize(event.Drawn, claiming(me, "", "")), rich)),
		onPhone("raffle, won, claiming", holding(ownTicket), with(prize(event.Drawn, claiming(me, event.Claiming, "4821")), rich)),
		onPhone("raffle, won, claiming, code lost", holding(ownTicket), with(prize(event.Drawn, claiming(me, event.Claiming, "")), rich)),
		onPhone("raffle, won, claimed", holding(ownTicket), with(prize(event.Drawn, claiming(me, event.Claimed, "")), rich)),
		onPhone("raffle, somebody won a prize", holding(), with(prize(event.Drawn, claiming(them, "", "")), func(a *event.Activity) {
			rich(a)
			a.Raffle.NextPrize = 2
		})),
		onPhone("raffle, endless title, own name", event.You{Handle: "Teal Otter 42", Name: strings.Repeat("Wolfeschlegel", 3), Tickets: holding().Tickets},
			with(prize(event.Open), func(a *event.Activity) { a.Title = strings.Repeat("keyboard", 25) })),
	}
}

// stageRaffle is a raffle as projector and console see it.
func stageRaffle(state string, entries, winners int) event.Activity {
	r := event.RaffleView{WinnersWanted: max(1, winners), CanWin: entries - winners}
	if state != event.Draft {
		r.Commitment = promised
	}
	if state != event.Open {
		r.Freeze, r.Fingerprint = frozen()
	}
	for i := range min(40, max(entries, winners)) {
		r.Entrants = append(r.Entrants, handle(i))
	}
	for i := range winners {
		ticket := fmt.Sprintf("%04x%02x%026x", 0x7c19+i*37, i, i)
		r.Winners = append(r.Winners, winner(handle(i), ticket))
		r.LastDraw = 1
	}
	return event.Activity{ID: 2, Kind: event.Raffle, Title: "The mechanical keyboard", State: state, Run: 1, Entries: entries, Raffle: &r}
}

// second turns a draw into that of the second of three prizes.
func second(claim string) func(*event.Activity) {
	return func(a *event.Activity) {
		rich(a)
		a.Raffle.NextPrize = 3
		for i := range a.Raffle.Winners {
			w := &a.Raffle.Winners[i]
			w.Prize, w.Claim = a.Raffle.Prizes[1], claim
		}
	}
}

func raffleScreens() []Story {
	raffle := func(name, state string, winners int, change ...func(*event.Activity)) Story {
		a := stageRaffle(state, 1498, winners)
		for _, c := range change {
			c(&a)
		}
		return onScreen(name, a)
	}
	return []Story{
		raffle("raffle, filling up", event.Open, 0),
		onScreen("raffle, nobody in it", stageRaffle(event.Open, 0, 0)),
		raffle("raffle, frozen", event.Closed, 0),
		raffle("raffle, prizes and rules, filling up", event.Open, 0, rich),
		raffle("raffle, prizes, frozen", event.Closed, 0, rich, func(a *event.Activity) { a.Raffle.NextPrize = 1 }),
		raffle("raffle, fifty prizes, frozen", event.Closed, 0, func(a *event.Activity) {
			a.Raffle.Prizes, a.Raffle.NextPrize = slices.Clone(talkTitles), 3
			for len(a.Raffle.Prizes) < 50 {
				a.Raffle.Prizes = append(a.Raffle.Prizes, strings.Repeat("A very long prize ", 10))
			}
		}),
		raffle("raffle, waits for the beacon", event.Closed, 0, waits),
		raffle("raffle, the beacon is late", event.Closed, 0, late),
		raffle("raffle, given up", event.Closed, 0, givenUp),
		raffle("draw, prize two of three, to be claimed", event.Drawn, 1, second(""), func(a *event.Activity) { a.Raffle.Winners[0].ClaimMs = in(83) }),
		raffle("draw, prize two of three, claiming", event.Drawn, 1, second(event.Claiming)),
		raffle("draw, prize two of three, claimed", event.Drawn, 1, second(event.Claimed)),
		raffle("draw, the next one waits for the beacon", event.Drawn, 1, second(event.Claimed), waits),
		raffle("draw, ten winners, some have claimed", event.Drawn, 10, func(a *event.Activity) {
			for i := range a.Raffle.Winners {
				a.Raffle.Winners[i].Claim = []string{event.Claimed, "", event.Claiming}[i%3]
			}
		}),
		raffle("draw, one winner", event.Drawn, 1),
		raffle("draw, three winners", event.Drawn, 3),
		raffle("draw, ten winners", event.Drawn, 10),
		raffle("draw, thirty winners", event.Drawn, 30),
		raffle("draw, a hundred winners", event.Drawn, 100),
		onScreen("draw, shortfall", with(stageRaffle(event.Drawn, 2, 2), func(a *event.Activity) { a.Raffle.WinnersWanted, a.Raffle.Shortfall = 5, 3 })),
		screenStory("draw, again, with a reason", func(e *ui.Event) {
			a := stageRaffle(event.Drawn, 1498, 1)
			a.Raffle.LastDraw, a.Raffle.Winners[0].Draw = 2, 2
			put(e, a)
			e.Draws = []event.DrawLine{{Number: 1, Activity: 2}, {Number: 2, Activity: 2, Reason: "the first winner was not here"}}
		}),
		raffle("draw, a long name of their own", event.Drawn, 1, func(a *event.Activity) {
			a.Raffle.Winners[0].Name = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 5)
		}),
	}
}

func raffleHosts() []Story {
	return []Story{
		onHost("raffle, open", stageRaffle(event.Open, 1498, 0)),
		onHost("raffle, closed", stageRaffle(event.Closed, 1498, 0)),
		onHost("raffle, closed, nobody in it", stageRaffle(event.Closed, 0, 0)),
		onHost("raffle, drawn", stageRaffle(event.Drawn, 1498, 1)),
		hostStory("raffle, drawn, names on, one given back", func(h *ui.Host) {
			a := stageRaffle(event.Drawn, 1498, 3)
			w := &a.Raffle.Winners[1]
			w.Name, w.Own, w.Person = "Grace Hopper", true, 0x0011223344556677
			a.Raffle.Voided = []event.VoidedView{{WinnerView: winner(handle(9), "0a113f"+strings.Repeat("0", 26)), Reason: "not here"}}
			current(h, a)
			h.Event.Names = true
			h.Event.Remotes = []event.Remote{{ID: 1, Label: "Ada's phone"}}
			for i := range 12 {
				h.Event.People = append(h.Event.People, event.Person{ID: event.Participant(i), Name: "Guest " + handle(i), Handle: handle(i), Hidden: i == 1})
			}
			h.Event.Draws = []event.DrawLine{
				{Number: 1, Activity: 2, Title: a.Title, Names: []string{handle(0), "Grace Hopper", handle(9)}},
				{Number: 2, Activity: 2, Title: a.Title, Names: []string{handle(2)}, Reason: "not here"},
			}
		}),
		onHost("raffle, a hundred winners", stageRaffle(event.Drawn, 1498, 100)),
		onHost("raffle, draft, prizes and rules", with(stageRaffle(event.Draft, 0, 0), func(a *event.Activity) { rich(a); a.Raffle.Beacon = true })),
		onHost("raffle, open, prizes and rules", with(stageRaffle(event.Open, 812, 0), rich)),
		onHost("raffle, closed, prize one is next", with(stageRaffle(event.Closed, 1498, 0), func(a *event.Activity) { rich(a); a.Raffle.NextPrize = 1 })),
		onHost("raffle, waits for the beacon", with(stageRaffle(event.Closed, 1498, 0), waits)),
		onHost("raffle, the beacon is late", with(stageRaffle(event.Closed, 1498, 0), late)),
		onHost("raffle, given up", with(stageRaffle(event.Closed, 1498, 0), givenUp)),
		onHost("raffle, claims", with(stageRaffle(event.Drawn, 1498, 4), func(a *event.Activity) {
			second("")(a)
			w := a.Raffle.Winners
			w[0].Claim = event.Claimed
			w[1].Claim, w[1].Code = event.Claiming, "4821"
			w[2].ClaimMs, w[3].ClaimMs = in(42), in(0)
		})),
	}
}
