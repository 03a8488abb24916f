package main

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"drumroll/web/ui"
)

// screenStories are the projector's states, each with the inputs that strain it.
func screenStories() []Story {
	story := func(name string, change func(*ui.Event)) Story {
		return Story{Name: name, Component: func(theme string) templ.Component {
			e := stageEvent()
			change(&e)
			return ui.ScreenPage(ui.Screen{Page: page("screen", e.Title, theme), Event: e})
		}}
	}
	show := func(name string, a ui.Activity) Story {
		return story(name, func(e *ui.Event) { e.Current = &a })
	}
	with := func(a ui.Activity, change func(*ui.Activity)) ui.Activity {
		change(&a)
		return a
	}
	return []Story{
		story("join, nobody here yet", func(e *ui.Event) { e.Connected, e.Joined = 0, 0 }),
		story("join, between activities", func(e *ui.Event) {}),
		story("join, long title and address", func(e *ui.Event) {
			e.Title, e.JoinHost = strings.Repeat("Donaudampfschiff", 12), "raffle.staging.my-long-company.example.com:8080"
		}),
		show("poll, live, four options", stagePoll("open")),
		show("poll, live, no vote yet", with(stagePoll("open"), func(a *ui.Activity) { setCounts(a) })),
		show("poll, live, one option", with(stagePoll("open"), func(a *ui.Activity) { a.Options = a.Options[:1] })),
		show("poll, live, two options", with(manyOptions(2, "open"), func(a *ui.Activity) { a.HasDeadline, a.ClosesInMS = true, 23_000 })),
		show("poll, live, six options", manyOptions(6, "open")),
		show("poll, live, twelve options", manyOptions(12, "open")),
		show("poll, live, fifty options", manyOptions(50, "open")),
		show("poll, hidden, open", hidden(stagePoll("open"))),
		show("poll, hidden, closed", hidden(stagePoll("closed"))),
		show("poll, closed, results were live", stagePoll("closed")),
		show("poll, revealed", stagePoll("revealed")),
		show("poll, revealed, a tie", with(stagePoll("revealed"), func(a *ui.Activity) { setCounts(a, 400, 400, 284, 200) })),
		show("poll, revealed, fifty options", manyOptions(50, "revealed")),
		show("raffle, filling up", stageRaffle("open", 1498, 0)),
		show("raffle, nobody in it", stageRaffle("open", 0, 0)),
		show("raffle, frozen", stageRaffle("closed", 1498, 0)),
		show("raffle, prizes and rules, filling up", with(stageRaffle("open", 1498, 0), rich)),
		show("raffle, prizes, frozen", with(stageRaffle("closed", 1498, 0), func(a *ui.Activity) { rich(a); a.NextPrize = 1 })),
		show("raffle, fifty prizes, frozen", with(stageRaffle("closed", 1498, 0), func(a *ui.Activity) {
			a.Prizes, a.NextPrize = talkTitles, 3
			for len(a.Prizes) < 50 {
				a.Prizes = append(a.Prizes, strings.Repeat("A very long prize ", 10))
			}
		})),
		show("raffle, waits for the beacon", with(stageRaffle("closed", 1498, 0), waiting)),
		show("raffle, the beacon is late", with(stageRaffle("closed", 1498, 0), func(a *ui.Activity) { waiting(a); a.Pending.Late = true })),
		show("raffle, given up", with(stageRaffle("closed", 1498, 0), func(a *ui.Activity) { a.Abandoned = true })),
		show("draw, prize two of three, to be claimed", with(stageRaffle("drawn", 1498, 1), func(a *ui.Activity) {
			secondPrize(a, "")
			a.Winners[0].HasClaimDue, a.Winners[0].ClaimDueMS = true, 83_000
		})),
		show("draw, prize two of three, claiming", with(stageRaffle("drawn", 1498, 1), func(a *ui.Activity) { secondPrize(a, "claiming") })),
		show("draw, prize two of three, claimed", with(stageRaffle("drawn", 1498, 1), func(a *ui.Activity) { secondPrize(a, "claimed") })),
		show("draw, the next one waits for the beacon", with(stageRaffle("drawn", 1498, 1), func(a *ui.Activity) { secondPrize(a, "claimed"); waiting(a) })),
		show("draw, ten winners, some have claimed", with(stageRaffle("drawn", 1498, 10), func(a *ui.Activity) {
			for i := range a.Winners {
				a.Winners[i].Claim = []string{"claimed", "", "claiming"}[i%3]
			}
		})),
		story("join, with what was won so far", func(e *ui.Event) { e.Draws = wonDraws() }),
		show("draw, one winner", stageRaffle("drawn", 1498, 1)),
		show("draw, three winners", stageRaffle("drawn", 1498, 3)),
		show("draw, ten winners", stageRaffle("drawn", 1498, 10)),
		show("draw, thirty winners", stageRaffle("drawn", 1498, 30)),
		show("draw, a hundred winners", stageRaffle("drawn", 1498, 100)),
		show("draw, shortfall", with(stageRaffle("drawn", 2, 2), func(a *ui.Activity) { a.WinnersWanted, a.Shortfall = 5, 3 })),
		story("draw, again, with a reason", func(e *ui.Event) {
			a := stageRaffle("drawn", 1498, 1)
			a.Draw, a.Winners[0].Draw = 2, 2
			e.Current = &a
			e.Draws = []ui.Draw{{Number: 1, Activity: 2}, {Number: 2, Activity: 2, Reason: "the first winner was not here"}}
		}),
		show("draw, a long name of their own", with(stageRaffle("drawn", 1498, 1), func(a *ui.Activity) {
			a.Winners[0].Name = strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 5)
		})),
		show("poll, 200 letters without a space", with(stagePoll("open"), func(a *ui.Activity) {
			a.Title = strings.Repeat("Rindfleischetikettierung", 9)[:200]
			for i := range a.Options {
				a.Options[i].Text = strings.Repeat("Überwachungsaufgaben", 10)[:200]
			}
		})),
		show("poll, right to left", with(stagePoll("open"), func(a *ui.Activity) {
			a.Title = "ما الذي يتعطل أولاً عندما يضغط مليون شخص معاً؟"
			for i, text := range []string{"قاعدة البيانات", "موازن التحميل", "شبكة القاعة", "المتحدث"} {
				a.Options[i].Text = text
			}
		})),
		show("poll, emoji and HTML", with(stagePoll("open"), func(a *ui.Activity) {
			a.Title = "Does <b>bold</b> & <script>alert(1)</script> scare you? 🥁🎉"
			for i, text := range []string{"👩‍👩‍👧‍👦 a family", "🏳️‍🌈", "<i>tags</i>", "🇩🇪🇫🇷🇮🇹"} {
				a.Options[i].Text = text
			}
		})),
		story("rehearsal", func(e *ui.Event) { a := stagePoll("open"); e.Current, e.Rehearsal = &a, true }),
		story("rehearsal, join", func(e *ui.Event) { e.Rehearsal = true }),
		story("rehearsal, draw", func(e *ui.Event) { a := stageRaffle("drawn", 1498, 1); e.Current, e.Rehearsal = &a, true }),
	}
}

// stageEvent is the fixtures' event, between activities.
func stageEvent() ui.Event {
	return ui.Event{
		Code: "K7QX4M", Title: "GopherCon closing", JoinURL: "https://drumroll.example/K7QX4M", JoinHost: "drumroll.example",
		VerifyURL: "https://drumroll.example/K7QX4M/verify", QR: fixtureQR("HTTPS://DRUMROLL.EXAMPLE/K7QX4M"),
		VerifyQR: fixtureQR("HTTPS://DRUMROLL.EXAMPLE/K7QX4M/VERIFY"), Connected: 1502, Joined: 1610,
	}
}

func stagePoll(state string) ui.Activity {
	a := ui.Activity{
		ID: 1, Kind: "poll", Title: "What breaks first when a million people tap at once?", State: state, Run: 1,
		MaxChoices: 1, Results: "live", CountsShown: true,
	}
	for i, text := range []string{"The database", "The load balancer", "The venue Wi-Fi", "The speaker"} {
		a.Options = append(a.Options, ui.Option{Index: i, Letter: string(rune('A' + i)), Text: text})
	}
	setCounts(&a, 783, 283, 154, 64)
	if state == "open" {
		a.HasDeadline, a.ClosesInMS = true, 83_000
	}
	return a
}

func manyOptions(n int, state string) ui.Activity {
	a := stagePoll(state)
	a.HasDeadline = false
	a.Title = "Which talk should come back next year?"
	a.Options = nil
	counts := make([]int, n)
	for i := range n {
		letter := string(rune('A' + i%26))
		if i >= 26 {
			letter = "A" + letter
		}
		a.Options = append(a.Options, ui.Option{Index: i, Letter: letter, Text: talkTitles[i%len(talkTitles)]})
		counts[i] = (i*7919 + 311) % 97 * (1 + i%3)
	}
	setCounts(&a, counts...)
	return a
}

var talkTitles = []string{
	"Profiles, flames and a very long night", "Zero to a million", "What the scheduler does while you sleep", "Generics, two years on",
	"A log is all you need", "Testing in production, on purpose", "Small binaries", "The garbage collector and me", "Sockets that come back",
}

// setCounts fills a poll's counts and what follows from them; none means no vote yet.
func setCounts(a *ui.Activity, counts ...int) {
	a.Entries = 0
	most := 0
	for _, n := range counts {
		a.Entries += n
		most = max(most, n)
	}
	for i := range a.Options {
		o := &a.Options[i]
		o.Count, o.Percent, o.Leading = 0, 0, false
		if i < len(counts) && a.Entries > 0 {
			o.Count = counts[i]
			o.Percent = (200*counts[i] + a.Entries) / (2 * a.Entries)
			o.Leading = counts[i] == most
		}
	}
}

// hidden takes from a poll what its results' hiding takes.
func hidden(a ui.Activity) ui.Activity {
	entries := a.Entries
	setCounts(&a)
	a.Entries, a.Results, a.CountsShown = entries, "hidden", false
	return a
}

func stageRaffle(state string, entries, winners int) ui.Activity {
	a := ui.Activity{ID: 2, Kind: "raffle", Title: "The mechanical keyboard", State: state, Run: 1, Entries: entries, WinnersWanted: max(1, winners)}
	if state != "draft" {
		a.Commitment = promised
	}
	if state != "open" {
		a.Fingerprint = "7C19 A0F2 9B41"
	}
	for i := range min(40, max(entries, winners)) {
		a.Entrants = append(a.Entrants, handle(i))
	}
	for i := range winners {
		a.Winners = append(a.Winners, ui.Winner{
			Name: handle(i), Handle: handle(i), Ticket: fmt.Sprintf("%032x", i), Short: fmt.Sprintf("%04X-%02X", 0x7C19+i*37, i), Draw: 1,
		})
		a.Draw, a.Draws = 1, 1
	}
	return a
}

// waiting is a raffle whose draw waits for the public beacon.
func waiting(a *ui.Activity) {
	a.Beacon, a.Pending = true, &ui.Pending{Draw: a.Draws + 1, Round: 24_107_113, DueMS: 7_000}
}

// secondPrize turns a draw of one winner into that of the second of three prizes.
func secondPrize(a *ui.Activity, claim string) {
	rich(a)
	a.NextPrize = 3
	for i := range a.Winners {
		a.Winners[i].Prize, a.Winners[i].Claim = a.Prizes[1], claim
	}
}

func wonDraws() []ui.Draw {
	return []ui.Draw{
		{Number: 1, Activity: 2, Title: "Closing raffle", Names: []string{handle(0)}, Returned: []bool{true}, Prize: "A mechanical keyboard"},
		{Number: 2, Activity: 2, Title: "Closing raffle", Names: []string{handle(1)}, Prize: "A mechanical keyboard", Reason: "not here"},
		{Number: 3, Activity: 2, Title: "Closing raffle", Names: []string{"نعمي 🎉"}, Prize: "A ticket for next year"},
		{Number: 4, Activity: 7, Title: "Ten stickers", Names: []string{handle(3), handle(4), handle(5), handle(6)}},
	}
}

func handle(i int) string {
	colours := []string{"Teal", "Amber", "Plum", "Crimson", "Olive", "Indigo", "Chartreuse"}
	animals := []string{"Otter", "Heron", "Lynx", "Badger", "Gecko", "Salamander", "Finch", "Marmot", "Ibis"}
	return fmt.Sprintf("%s %s %d", colours[i%len(colours)], animals[i%len(animals)], 10+(i*37+32)%90)
}
