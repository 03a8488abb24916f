package main

import (
	"maps"
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// states are the stories of one kind of activity, by view.
type states struct{ phone, screen, host []Story }

// kinds has the stories of every kind, each in a file of its own.
var kinds = map[string]func() states{
	event.Poll:   pollStates,
	event.Raffle: raffleStates,
	event.Scale:  scaleStates,
}

// ofKinds are the stories that pick takes of every kind.
func ofKinds(pick func(states) []Story) []Story {
	var all []Story
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		all = append(all, pick(kinds[kind]())...)
	}
	return all
}

// nowMs is the fixtures' time by the log's clock.
const nowMs = 1_795_464_900_000

// in is that many seconds from now.
func in(seconds int) uint64 { return uint64(nowMs + 1000*seconds) }

// with is an activity and what is different about it.
func with(a event.Activity, change func(*event.Activity)) event.Activity {
	change(&a)
	return a
}

// closing sets a countdown.
func closing(seconds int) func(*event.Activity) {
	return func(a *event.Activity) { a.DeadlineMs = in(seconds) }
}

// put makes a the activity that is on.
func put(e *ui.Event, a event.Activity) {
	e.Activities, e.Current = append(e.Activities, a), a.ID
}

// onPhone shows an activity on the phone of somebody.
func onPhone(name string, you event.You, a event.Activity, change ...func(*ui.Phone)) Story {
	return phoneStory(name, you, append([]func(*ui.Phone){func(p *ui.Phone) { put(&p.Event, a) }}, change...)...)
}

func phoneStory(name string, you event.You, change ...func(*ui.Phone)) Story {
	return Story{name, func(theme string) templ.Component {
		p := ui.Phone{Page: page("phone", "GopherCon Closing Night", theme), Event: phoneEvent(), You: you}
		for _, c := range change {
			c(&p)
		}
		return ui.PhonePage(p)
	}}
}

// onScreen shows an activity on the projector.
func onScreen(name string, a event.Activity) Story {
	return screenStory(name, func(e *ui.Event) { put(e, a) })
}

func screenStory(name string, change func(*ui.Event)) Story {
	return Story{name, func(theme string) templ.Component {
		e := stageEvent()
		change(&e)
		return ui.ScreenPage(ui.Screen{Page: page("screen", e.Title, theme), Event: e})
	}}
}

// onHost puts an activity into the running order's second place and shows it on the
// console.
func onHost(name string, a event.Activity) Story {
	return hostStory(name, func(h *ui.Host) { current(h, a) })
}
