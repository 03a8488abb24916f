package main

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/web/ui"
)

// rehearsalCode is the fixtures' rehearsal.
const rehearsalCode = "XW5T9J"

func hostStory(name string, change func(*ui.Host)) Story {
	return Story{name, func(theme string) templ.Component {
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

func rehearsalStory(name string, crowd contract.Rehearsal) Story {
	return hostStory(name, func(h *ui.Host) {
		current(h, stagePoll(event.Open))
		crowd.Of, crowd.Checks = "K7QX4M", 17
		h.Event.Rehearsal, h.Page.Rehearsal, h.Crowd = true, true, &crowd
		h.Event.Code, h.Page.Code = rehearsalCode, rehearsalCode
		h.Event.Connected, h.Event.Joined = crowd.Connected, crowd.Connected
	})
}

// hostStories are the console's states, each with the inputs that strain it.
func hostStories() []Story {
	stories := []Story{
		hostStory("empty event", func(h *ui.Host) { h.Event.Activities, h.Event.Connected, h.Event.Joined = nil, 0, 0 }),
		hostStory("before the first", func(h *ui.Host) {
			h.Event.Activities = h.Event.Activities[1:]
		}),
		hostStory("draw history", func(h *ui.Host) {
			current(h, with(stageRaffle(event.Drawn, 1498, 1), second(event.Claimed)))
			h.Event.Draws = wonDraws()
		}),
		hostStory("the last one is over", func(h *ui.Host) {
			h.Event.Activities = nil
			put(&h.Event, stagePoll(event.Revealed))
		}),
		rehearsalStory("rehearsal", contract.Rehearsal{State: "here", Phones: 150, Connected: 148, Accepted: 96, PerSecond: 12, P99MS: 9}),
		rehearsalStory("rehearsal, checks failed", contract.Rehearsal{State: "here", Phones: 2000, Connected: 1871, Accepted: 1203, PerSecond: 840, P99MS: 1904,
			Failed: []contract.BrokenCheck{{Name: "every connection hears something within 20 s"}, {Name: "every phone has the newest state"}}}),
		rehearsalStory("rehearsal, the crowd went home", contract.Rehearsal{State: "left", Phones: 150, Accepted: 512, P99MS: 9}),
		rehearsalStory("rehearsal, it could not come", contract.Rehearsal{State: "left", Phones: 150, Error: "Open the join page: connection refused."}),
		rehearsalStory("rehearsal, restarted", contract.Rehearsal{State: "none"}),
		rehearsalStory("rehearsal, at another node", contract.Rehearsal{State: "elsewhere", Connected: 150}),
		hostStory("thirty activities", func(h *ui.Host) {
			h.Event.Activities = nil
			for i := range 30 {
				a := draftPoll()
				a.ID = i + 1
				a.Title = fmt.Sprintf("%s, part %d", talkTitles[i%len(talkTitles)], i+1)
				if i < 4 {
					a.State = event.Revealed
				}
				h.Event.Activities = append(h.Event.Activities, a)
			}
			h.Event.Current = 4
		}),
		hostStory("200 letters without a space", func(h *ui.Host) {
			long := strings.Repeat("Rindfleischetikettierung", 9)[:200]
			h.Event.Title = long
			for i := range h.Event.Activities {
				a := &h.Event.Activities[i]
				a.Title = long
				for j := range 4 {
					if a.Poll != nil && j < len(a.Poll.Options) {
						a.Poll.Options[j] = long
					}
				}
			}
			h.Event.Activities[1].State, h.Event.Current = event.Open, h.Event.Activities[1].ID
		}),
	}
	return append(stories, ofKinds(func(s states) []Story { return s.host })...)
}

// plan is a running order of four, the first of them over.
func plan() []event.Activity {
	first := stagePoll(event.Revealed)
	first.ID, first.Title = 11, "Warm-up: coffee or tea?"
	first.Poll.Options = first.Poll.Options[:2]
	last := draftPoll()
	last.ID, last.Title, last.Results = 13, "Was this talk useful?", event.Hidden
	raffle := stageRaffle(event.Draft, 0, 0)
	raffle.ID, raffle.Raffle.WinnersWanted = 12, 3
	return []event.Activity{first, draftPoll(), raffle, last}
}

// current puts a into the plan's second place and makes it the one that is on.
func current(h *ui.Host, a event.Activity) {
	h.Event.Activities[1], h.Event.Current = a, a.ID
}
