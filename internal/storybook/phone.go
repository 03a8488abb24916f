package main

import (
	"drumroll/internal/event"
	"drumroll/web/ui"
)

// stranger is a phone that has done nothing yet.
var stranger = event.You{Handle: "Teal Otter 42"}

// phoneEvent is an event as a phone sees it, between activities: no QR codes, no
// entrants.
func phoneEvent() ui.Event {
	return ui.Event{
		Snapshot: event.Snapshot{Code: "K7QX4M", Title: "GopherCon Closing Night", Joined: 1611},
		JoinURL:  "https://drumroll.example/K7QX4M", JoinHost: "drumroll.example",
		VerifyURL: "https://drumroll.example/K7QX4M/verify", Connected: 1502, NowMs: nowMs,
	}
}

func phoneStories() []Story {
	stories := []Story{
		phoneStory("waiting", stranger),
		onPhone("notice without a script", choosing(1), breaks(event.Open), func(p *ui.Phone) {
			p.Notice = "Not counted. Voting on this question is closed."
		}),
		onPhone("several open", choosing(1), breaks(event.Open), func(p *ui.Phone) {
			second := ballot("Coffee or tea?", event.Open, []string{"Coffee", "Tea"})
			second.ID, second.Entries = 4, 87
			p.Event.Activities = append(p.Event.Activities, second, prize(event.Open))
		}),
		phoneStory("open while nothing is on show", stranger, func(p *ui.Phone) {
			p.Event.Activities = append(p.Event.Activities, prize(event.Open))
		}),
		onPhone("won earlier", event.You{Handle: "Teal Otter 42", Won: []event.Won{{Activity: 9, Ticket: ownTicket}}}, breaks(event.Open)),
		phoneStory("names on", stranger, func(p *ui.Phone) { p.Event.Names = true }),
		onPhone("rehearsal", stranger, breaks(event.Open), rehearsed),
		onPhone("rehearsal, won", holding(ownTicket), prize(event.Drawn, winner("Teal Otter 42", ownTicket)), rehearsed),
	}
	return append(stories, ofKinds(func(s states) []Story { return s.phone })...)
}

func rehearsed(p *ui.Phone) { p.Event.Rehearsal = true }
