package main

import (
	"github.com/a-h/templ"

	"drumroll/web/ui"
)

func startStories() []Story {
	start := func(name string, change func(*ui.Start)) Story {
		return Story{name, func(theme string) templ.Component {
			s := ui.Start{Page: page("start", "", theme)}
			change(&s)
			return ui.StartPage(s)
		}}
	}
	unlock := func(name, problem string) Story {
		return Story{name, func(theme string) templ.Component {
			return ui.UnlockPage(ui.Unlock{Page: page("unlock", "Host console", theme), Title: "GopherCon Closing Night", Error: problem})
		}}
	}
	problem := func(name string, status int, title, detail string) Story {
		return Story{name, func(theme string) templ.Component {
			return ui.ErrorPage(ui.Problem{Page: page("error", title, theme), Status: status, Title: title, Detail: detail})
		}}
	}
	return []Story{
		start("front page", func(*ui.Start) {}),
		start("front page, events of this browser", func(s *ui.Start) {
			s.Hosted = []ui.Hosted{
				{Code: "K7QX4M", Title: "GopherCon Closing Night", Joined: 1611, Activities: 7},
				{Code: "B2HN8R", Title: "Rust & Go Meetup Leipzig: the long evening of short talks", Joined: 48, Activities: 3},
				{Code: "PPW34T", Title: "ليلة الختام 🎉", Joined: 0, Activities: 1},
				{Code: "XW5T9J", Title: "GopherCon Closing Night", Joined: 150, Activities: 7, Rehearsal: true},
			}
		}),
		start("front page, unknown code", func(s *ui.Start) {
			s.JoinCode, s.JoinError = "K7QX4N", "There is no event K7Q X4N. Codes have no 0, O, 1, I or L in them."
		}),
		start("front page, create key refused", func(s *ui.Start) {
			s.NeedKey, s.EventTitle, s.HostError = true, "GopherCon", "That create key is not right. Ask the person who runs this server."
		}),
		unlock("unlock", ""),
		{"unlock, rehearsal", func(theme string) templ.Component {
			p := page("unlock", "Host console", theme)
			p.Rehearsal = true
			return ui.UnlockPage(ui.Unlock{Page: p, Title: "GopherCon Closing Night"})
		}},
		unlock("unlock, wrong key", "This key does not open this event."),
		problem("error, no such event", 404, "No event K7Q X4M", "It may have been deleted, or the code has a slip in it. Codes have no 0, O, 1, I or L."),
		problem("error, busy", 503, "Too many at once", "Nothing is lost. Try again in a few seconds."),
		problem("error, not allowed", 403, "That came from another site", "Open the event’s own page and try again there."),
	}
}
