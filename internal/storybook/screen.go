package main

import (
	"fmt"
	"strings"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// screenStories are the projector's states, each with the inputs that strain it.
func screenStories() []Story {
	stories := []Story{
		screenStory("join, nobody here yet", func(e *ui.Event) { e.Connected, e.Joined = 0, 0 }),
		screenStory("join, between activities", func(e *ui.Event) {}),
		screenStory("join, long title and address", func(e *ui.Event) {
			e.Title, e.JoinHost = strings.Repeat("Donaudampfschiff", 12), "raffle.staging.my-long-company.example.com:8080"
		}),
		screenStory("join, with what was won so far", func(e *ui.Event) { e.Draws = wonDraws() }),
		screenStory("rehearsal", func(e *ui.Event) { put(e, stagePoll(event.Open)); e.Rehearsal = true }),
		screenStory("rehearsal, join", func(e *ui.Event) { e.Rehearsal = true }),
		screenStory("rehearsal, draw", func(e *ui.Event) { put(e, stageRaffle(event.Drawn, 1498, 1)); e.Rehearsal = true }),
	}
	return append(stories, ofKinds(func(s states) []Story { return s.screen })...)
}

// stageEvent is the fixtures' event, between activities.
func stageEvent() ui.Event {
	return ui.Event{
		Snapshot: event.Snapshot{Code: "K7QX4M", Title: "GopherCon closing", Joined: 1610},
		JoinURL:  "https://drumroll.example/K7QX4M", JoinHost: "drumroll.example", QR: fixtureQR("HTTPS://DRUMROLL.EXAMPLE/K7QX4M"),
		VerifyURL: "https://drumroll.example/K7QX4M/verify", VerifyQR: fixtureQR("HTTPS://DRUMROLL.EXAMPLE/K7QX4M/VERIFY#FREEZE=" + strings.Repeat("7C19A0F2", 8)),
		Connected: 1502, NowMs: nowMs,
	}
}

func wonDraws() []event.DrawLine {
	return []event.DrawLine{
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
