package main

import (
	"strings"

	"github.com/a-h/templ"

	"drumroll/web/ui"
)

const (
	ownTicket   = "7c19a2f04be1d3a85566708192a3b4c5"
	otherTicket = "f30b66e1a0914c2db7788990aabbccdd"
	promised    = "4165468dc0de7a5b1f6e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978"
)

// phoneEvent is an event as a phone sees it: no QR codes, no entrants.
func phoneEvent(current *ui.Activity, others ...ui.Activity) ui.Event {
	e := ui.Event{
		Code: "K7QX4M", Title: "GopherCon Closing Night", JoinURL: "https://drumroll.example/K7QX4M",
		JoinHost: "drumroll.example", VerifyURL: "https://drumroll.example/K7QX4M/verify",
		Connected: 1502, Joined: 1611, Current: current,
	}
	if current != nil {
		e.Activities = append(e.Activities, *current)
	}
	e.Activities = append(e.Activities, others...)
	return e
}

// ballot is a poll with these options and, where given, counts.
func ballot(title, state string, options []string, counts ...int) ui.Activity {
	a := ui.Activity{
		ID: 3, Kind: "poll", Title: title, State: state, Run: 1, MaxChoices: 1, Results: "hidden", Entries: 1284,
		CountsShown: len(counts) > 0,
	}
	most := 0
	for _, c := range counts {
		most = max(most, c)
	}
	for i, text := range options {
		letter := string(rune('A' + i%26))
		if i >= 26 {
			letter = "A" + letter
		}
		o := ui.Option{Index: i, Letter: letter, Text: text}
		if len(counts) > 0 {
			o.Count = counts[i%len(counts)]
			o.Percent = (o.Count*100 + a.Entries/2) / a.Entries
			o.Leading = o.Count == most
		}
		a.Options = append(a.Options, o)
	}
	return a
}

func breaks(state string, counts ...int) ui.Activity {
	return ballot("What breaks first when a million people tap at once?", state,
		[]string{"The database", "The load balancer", "The venue Wi-Fi", "The speaker"}, counts...)
}

func prize(state string, winners ...ui.Winner) ui.Activity {
	a := ui.Activity{
		ID: 5, Kind: "raffle", Title: "The mechanical keyboard", State: state, Run: 1, Entries: 1498,
		WinnersWanted: max(1, len(winners)), Winners: winners, Eligible: 1498 - len(winners),
		Commitment: promised,
	}
	if state != "open" {
		a.Fingerprint = "7C19 A0F2 9B41"
	}
	if state == "drawn" {
		a.Draw, a.Draws = 1, 1
	}
	return a
}

func winner(name, ticket string) ui.Winner {
	return ui.Winner{Name: name, Handle: name, Ticket: ticket, Short: strings.ToUpper(ticket[:4] + "-" + ticket[4:6]), Draw: 1}
}

// rich gives a raffle everything that it may have.
func rich(a *ui.Activity) {
	a.Title, a.Prizes = "Closing raffle", []string{"A mechanical keyboard", "A ticket for next year", "لوحة مفاتيح"}
	a.TookPart, a.JoinedBefore, a.CheckedIn, a.ClaimSeconds = "Was this talk useful?", "20:15 UTC", true, 90
	a.WinnersWanted = 1
}

// claiming is a winner with a prize, however far the claim has come.
func claiming(w ui.Winner, claim, code string) ui.Winner {
	w.Prize, w.Claim, w.Code = "A mechanical keyboard", claim, code
	w.HasClaimDue, w.ClaimDueMS = claim == "", 72_000
	return w
}

// choosing is somebody who chose these options of activity 3.
func choosing(options ...int) ui.You {
	return ui.You{Handle: "Teal Otter 42", Choices: map[int][]int{3: options}}
}

// holding is somebody with a ticket of activity 5, and the tickets that won.
func holding(won ...string) ui.You {
	y := ui.You{Handle: "Teal Otter 42", Tickets: map[int]string{5: ownTicket}}
	if len(won) > 0 {
		y.Won = map[int][]string{5: won}
	}
	return y
}

func phoneStories() []Story {
	me, them := winner("Teal Otter 42", ownTicket), winner("Brave Heron 77", otherTicket)
	stranger := ui.You{Handle: "Teal Otter 42"}
	story := func(name string, you ui.You, current *ui.Activity, change ...func(*ui.Phone)) Story {
		return Story{name, func(theme string) templ.Component {
			p := ui.Phone{Page: page("phone", "GopherCon Closing Night", theme), Event: phoneEvent(current), You: you}
			for _, c := range change {
				c(&p)
			}
			return ui.PhonePage(p)
		}}
	}
	with := func(a ui.Activity, change func(*ui.Activity)) *ui.Activity {
		change(&a)
		return &a
	}
	same := func(a ui.Activity) *ui.Activity { return &a }
	timed := func(a *ui.Activity) { a.HasDeadline, a.ClosesInMS = true, 23_000 }
	several := func(a *ui.Activity) { a.MaxChoices, a.Title = 3, "Which talks should come back next year?" }
	languages := strings.Fields("Go Rust Zig C C++ Java Kotlin Scala Clojure Erlang Elixir Gleam Haskell OCaml F# C# Swift " +
		"Objective-C Python Ruby Perl PHP Lua JavaScript TypeScript Dart Julia R Fortran COBOL Ada Pascal Lisp Scheme Racket " +
		"Prolog Forth APL J BASIC Smalltalk Nim Crystal D V Odin Mojo Roc Idris Lean")
	wall := []ui.Winner{me, them}
	for _, name := range []string{"Golden Panda 12", "Quiet Lynx 90", "Mint Gecko 33", "Jolly Kestrel 58", "נעמי 🎉", "Opal Wombat 71"} {
		wall = append(wall, winner(name, strings.Repeat("5b9d", 8)))
	}

	return []Story{
		story("waiting", stranger, nil),
		story("poll, open", stranger, with(breaks("open"), timed)),
		story("poll, counted", choosing(1), with(breaks("open"), timed)),
		story("poll, counted, live results", choosing(1), same(breaks("open", 783, 282, 154, 65))),
		story("poll, several choices", stranger, with(breaks("open"), several)),
		story("poll, several choices, full", choosing(0, 1, 3), with(breaks("open"), several)),
		story("poll, closed before the reveal", choosing(1), same(breaks("closed"))),
		story("poll, closed with counts", choosing(1), same(breaks("closed", 783, 282, 154, 65))),
		story("poll, revealed", choosing(0), same(breaks("revealed", 783, 282, 154, 65))),
		story("poll, revealed, not voted, tie", stranger, same(breaks("revealed", 602, 602, 80, 0))),
		story("poll, nobody voted", stranger, with(breaks("revealed", 0, 0, 0, 0), func(a *ui.Activity) {
			a.Entries = 0
			for i := range a.Options {
				a.Options[i].Percent, a.Options[i].Leading = 0, false
			}
		})),
		story("poll, one option", stranger, same(ballot("Ready?", "open", []string{"Yes!"}))),
		story("poll, fifty options", choosing(27), same(ballot("Which language would you take to an island?", "open", languages))),
		story("poll, fifty options, revealed", choosing(27), same(ballot("Which language would you take to an island?", "revealed", languages, 210, 92, 41, 7, 0))),
		story("poll, right to left, HTML, long", choosing(1), same(ballot("مَن يكسر الخادم أولًا عندما ينقر مليون شخص؟", "open",
			[]string{"قاعدة البيانات", "<b>Not bold</b> & <script>alert(1)</script>", "👩‍👩‍👧‍👦🎉", strings.Repeat("unbreakable", 18)}))),
		story("poll, endless title", stranger, same(ballot(strings.Repeat("Donaudampfschiff", 12)+"!", "revealed",
			[]string{strings.Repeat("x", 200), "b"}, 1000, 284))),
		story("notice without a script", choosing(1), same(breaks("open")), func(p *ui.Phone) { p.Notice = "Not counted. Voting on this question is closed." }),
		story("raffle, open", stranger, with(prize("open"), timed)),
		story("raffle, ticket", holding(), same(prize("open"))),
		story("raffle, closed", holding(), same(prize("closed"))),
		story("raffle, closed without a ticket", stranger, same(prize("closed"))),
		story("raffle, won", holding(ownTicket), same(prize("drawn", me))),
		story("raffle, not this time", holding(), same(prize("drawn", them))),
		story("raffle, late, without a ticket", stranger, same(prize("drawn", them))),
		story("raffle, several winners, won", holding(ownTicket), same(prize("drawn", wall...))),
		story("raffle, several winners, not this time", holding(), same(prize("drawn", wall[1:]...))),
		story("raffle, win given back", holding(), with(prize("drawn", them), func(a *ui.Activity) {
			a.Draw = 2
			a.Voided = []ui.Voided{{Winner: me, Reason: "not in the room"}}
		})),
		story("raffle, second draw", holding(), with(prize("drawn", them, winner("Golden Panda 12", strings.Repeat("5b9d", 8))), func(a *ui.Activity) {
			a.Draw, a.Draws, a.Winners[1].Draw = 2, 2, 2
		})),
		story("raffle, shortfall", holding(ownTicket), with(prize("drawn", me, them), func(a *ui.Activity) { a.Shortfall, a.Entries = 3, 2 })),
		story("raffle, prizes and rules", stranger, with(prize("open"), rich)),
		story("raffle, ticket, prizes and rules", holding(), with(prize("open"), rich)),
		story("raffle, closed, waits for the beacon", holding(), with(prize("closed"), func(a *ui.Activity) {
			rich(a)
			a.Beacon, a.NextPrize, a.Pending = true, 1, &ui.Pending{Draw: 1, Round: 24_107_113, DueMS: 7_000}
		})),
		story("raffle, closed, the beacon is late", holding(), with(prize("closed"), func(a *ui.Activity) {
			a.Beacon, a.Pending = true, &ui.Pending{Draw: 1, Round: 24_107_113, Late: true}
		})),
		story("raffle, given up", holding(), with(prize("closed"), func(a *ui.Activity) { a.Abandoned = true })),
		story("raffle, won a prize", holding(ownTicket), with(prize("drawn", claiming(me, "", "")), rich)),
		story("raffle, won, claiming", holding(ownTicket), with(prize("drawn", claiming(me, "claiming", "4821")), rich)),
		story("raffle, won, claiming, code lost", holding(ownTicket), with(prize("drawn", claiming(me, "claiming", "")), rich)),
		story("raffle, won, claimed", holding(ownTicket), with(prize("drawn", claiming(me, "claimed", "")), rich)),
		story("raffle, somebody won a prize", holding(), with(prize("drawn", claiming(them, "", "")), func(a *ui.Activity) {
			rich(a)
			a.NextPrize = 2
		})),
		story("raffle, endless title, own name", ui.You{Handle: "Teal Otter 42", Name: strings.Repeat("Wolfeschlegel", 3), Tickets: holding().Tickets},
			with(prize("open"), func(a *ui.Activity) { a.Title = strings.Repeat("keyboard", 25) })),
		story("several open", choosing(1), same(breaks("open")), func(p *ui.Phone) {
			second := ballot("Coffee or tea?", "open", []string{"Coffee", "Tea"})
			second.ID, second.Entries = 4, 87
			p.Event.Activities = append(p.Event.Activities, second, prize("open"))
		}),
		story("open while nothing is on show", stranger, nil, func(p *ui.Phone) {
			p.Event.Activities = append(p.Event.Activities, prize("open"))
		}),
		story("won earlier", ui.You{Handle: "Teal Otter 42", Won: map[int][]string{9: {ownTicket}}}, same(breaks("open"))),
		story("names on", stranger, nil, func(p *ui.Phone) { p.Event.Names = true }),
		story("rehearsal", stranger, same(breaks("open")), func(p *ui.Phone) { p.Event.Rehearsal = true }),
		story("rehearsal, won", holding(ownTicket), same(prize("drawn", me)), func(p *ui.Phone) { p.Event.Rehearsal = true }),
	}
}
