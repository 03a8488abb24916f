package main

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"drumroll/web/ui"
)

// rehearsalCode is the fixtures' rehearsal.
const rehearsalCode = "XW5T9J"

// hostStories are the console's states, each with the inputs that strain it.
func hostStories() []Story {
	story := func(name string, change func(*ui.Host)) Story {
		return Story{Name: name, Component: func(theme string) templ.Component {
			h := ui.Host{
				Page: page("host", "GopherCon closing", theme), Event: stageEvent(),
				Kept:     ui.Kept{Until: "23 December 2026", After: "30 days"},
				HostURL:  "https://drumroll.example/K7QX4M/host#Zt4kWq8sN2vYpR6xJb3hLg",
				Rehearse: &ui.RehearseForm{Phones: 150, Most: 2000, Present: rehearsalCode},
			}
			h.Event.Activities = plan()
			change(&h)
			return ui.HostPage(h)
		}}
	}
	rehearsal := func(name string, crowd ui.Crowd) Story {
		return story(name, func(h *ui.Host) {
			current(h, stagePoll("open"))
			crowd.Of, crowd.Checks = "K7QX4M", 17
			h.Event.Rehearsal, h.Page.Rehearsal, h.Crowd = true, true, &crowd
			h.Event.Code, h.Page.Code = rehearsalCode, rehearsalCode
			h.Event.Connected, h.Event.Joined = crowd.Connected, crowd.Connected
		})
	}
	on := func(name string, a ui.Activity) Story {
		return story(name, func(h *ui.Host) { current(h, a) })
	}
	return []Story{
		story("empty event", func(h *ui.Host) { h.Event.Activities, h.Event.Connected, h.Event.Joined = nil, 0, 0 }),
		story("before the first", func(h *ui.Host) {
			h.Event.Activities = h.Event.Activities[1:]
		}),
		on("poll, draft", draft(stagePoll("draft"))),
		on("poll, open with a timer", stagePoll("open")),
		on("poll, open, hidden", func() ui.Activity {
			a := stagePoll("open")
			a.Results, a.HasDeadline = "hidden", false
			return a
		}()),
		on("poll, closed", stagePoll("closed")),
		on("poll, revealed", stagePoll("revealed")),
		on("poll, open, one option", func() ui.Activity { a := stagePoll("open"); a.Options = a.Options[:1]; return a }()),
		on("poll, open, fifty options", manyOptions(50, "open")),
		on("raffle, open", stageRaffle("open", 1498, 0)),
		on("raffle, closed", stageRaffle("closed", 1498, 0)),
		on("raffle, closed, nobody in it", stageRaffle("closed", 0, 0)),
		on("raffle, drawn", eligible(stageRaffle("drawn", 1498, 1))),
		story("raffle, drawn, names on, one given back", func(h *ui.Host) {
			a := eligible(stageRaffle("drawn", 1498, 3))
			a.Winners[1].Name, a.Winners[1].Own, a.Winners[1].Person = "Grace Hopper", true, "0011223344556677"
			a.Voided = []ui.Voided{{Winner: ui.Winner{Name: handle(9), Handle: handle(9), Short: "0A11-3F", Draw: 1}, Reason: "not here"}}
			current(h, a)
			h.Event.Names = true
			h.Remotes = []ui.Remote{{ID: 1, Label: "Ada's phone"}}
			for i := range 12 {
				h.People = append(h.People, ui.Person{ID: fmt.Sprintf("%016x", i), Name: "Guest " + handle(i), Handle: handle(i), Hidden: i == 1})
			}
			h.Event.Draws = []ui.Draw{
				{Number: 1, Activity: 2, Title: a.Title, Names: []string{handle(0), "Grace Hopper", handle(9)}},
				{Number: 2, Activity: 2, Title: a.Title, Names: []string{handle(2)}, Reason: "not here"},
			}
		}),
		on("raffle, a hundred winners", eligible(stageRaffle("drawn", 1498, 100))),
		on("raffle, draft, prizes and rules", func() ui.Activity { a := stageRaffle("draft", 0, 0); rich(&a); a.Beacon = true; return a }()),
		on("raffle, open, prizes and rules", func() ui.Activity { a := stageRaffle("open", 812, 0); rich(&a); return a }()),
		on("raffle, closed, prize one is next", func() ui.Activity { a := stageRaffle("closed", 1498, 0); rich(&a); a.NextPrize = 1; return a }()),
		on("raffle, waits for the beacon", func() ui.Activity { a := stageRaffle("closed", 1498, 0); waiting(&a); return a }()),
		on("raffle, the beacon is late", func() ui.Activity {
			a := stageRaffle("closed", 1498, 0)
			waiting(&a)
			a.Pending.Late = true
			return a
		}()),
		on("raffle, given up", func() ui.Activity { a := stageRaffle("closed", 1498, 0); a.Abandoned = true; return a }()),
		on("raffle, claims", func() ui.Activity {
			a := eligible(stageRaffle("drawn", 1498, 4))
			secondPrize(&a, "")
			a.Winners[0].Claim = "claimed"
			a.Winners[1].Claim, a.Winners[1].Code = "claiming", "4821"
			a.Winners[2].HasClaimDue, a.Winners[2].ClaimDueMS = true, 42_000
			a.Winners[3].HasClaimDue = true
			return a
		}()),
		story("draw history", func(h *ui.Host) {
			a := eligible(stageRaffle("drawn", 1498, 1))
			secondPrize(&a, "claimed")
			current(h, a)
			h.Event.Draws = wonDraws()
		}),
		story("the last one is over", func(h *ui.Host) {
			a := stagePoll("revealed")
			h.Event.Activities = []ui.Activity{a}
			h.Event.Current = &h.Event.Activities[0]
		}),
		rehearsal("rehearsal", ui.Crowd{State: "here", Phones: 150, Connected: 148, Accepted: 96, PerSecond: 12, P99MS: 9}),
		rehearsal("rehearsal, checks failed", ui.Crowd{State: "here", Phones: 2000, Connected: 1871, Accepted: 1203, PerSecond: 840, P99MS: 1904,
			Failed: []string{"every connection hears something within 20 s", "every phone has the newest state"}}),
		rehearsal("rehearsal, the crowd went home", ui.Crowd{State: "left", Phones: 150, Accepted: 512, P99MS: 9}),
		rehearsal("rehearsal, it could not come", ui.Crowd{State: "left", Phones: 150, Error: "Open the join page: connection refused."}),
		rehearsal("rehearsal, started anew", ui.Crowd{State: "none"}),
		rehearsal("rehearsal, at another node", ui.Crowd{State: "elsewhere", Connected: 150}),
		story("thirty activities", func(h *ui.Host) {
			h.Event.Activities = nil
			for i := range 30 {
				a := draft(stagePoll("draft"))
				a.ID = i + 1
				a.Title = fmt.Sprintf("%s, part %d", talkTitles[i%len(talkTitles)], i+1)
				if i < 4 {
					a.State = "revealed"
				}
				h.Event.Activities = append(h.Event.Activities, a)
			}
			h.Event.Current = &h.Event.Activities[3]
		}),
		story("200 letters without a space", func(h *ui.Host) {
			long := strings.Repeat("Rindfleischetikettierung", 9)[:200]
			for i := range h.Event.Activities {
				h.Event.Activities[i].Title = long
				for j := range h.Event.Activities[i].Options {
					h.Event.Activities[i].Options[j].Text = long
				}
			}
			h.Event.Title = long
			a := h.Event.Activities[1]
			a.State = "open"
			current(h, a)
		}),
		story("right to left", func(h *ui.Host) {
			a := stagePoll("open")
			a.Title = "ما الذي يتعطل أولاً عندما يضغط مليون شخص معاً؟"
			for i, text := range []string{"قاعدة البيانات", "موازن التحميل", "شبكة القاعة", "المتحدث"} {
				a.Options[i].Text = text
			}
			current(h, a)
		}),
	}
}

// plan is a running order of four, the first of them over.
func plan() []ui.Activity {
	first := stagePoll("revealed")
	first.ID, first.Title = 11, "Warm-up: coffee or tea?"
	first.Options = first.Options[:2]
	last := draft(stagePoll("draft"))
	last.ID, last.Title, last.Results = 13, "Was this talk useful?", "hidden"
	raffle := stageRaffle("draft", 0, 0)
	raffle.ID, raffle.WinnersWanted = 12, 3
	return []ui.Activity{first, draft(stagePoll("draft")), raffle, last}
}

// current puts a into the plan's second place and makes it the one that is on.
func current(h *ui.Host, a ui.Activity) {
	h.Event.Activities[1] = a
	h.Event.Current = &h.Event.Activities[1]
}

func draft(a ui.Activity) ui.Activity {
	setCounts(&a)
	a.Entries, a.HasDeadline = 0, false
	return a
}

func eligible(a ui.Activity) ui.Activity {
	a.Eligible = a.Entries - len(a.Winners)
	return a
}
