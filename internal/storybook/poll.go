package main

import (
	"strings"

	"drumroll/internal/event"
)

func pollStates() states {
	return states{pollPhones(), pollScreens(), pollHosts()}
}

// ballot is a poll as phones see it, with these options and, where given, counts.
func ballot(title, state string, options []string, counts ...int) event.Activity {
	a := event.Activity{ID: 3, Kind: event.Poll, Title: title, State: state, Run: 1, Entries: 1284, Results: event.Hidden,
		Poll: &event.PollSpec{Options: options, MaxChoices: 1}}
	for i := range options {
		if len(counts) > 0 {
			a.Counts = append(a.Counts, counts[i%len(counts)])
		}
	}
	return a
}

func breaks(state string, counts ...int) event.Activity {
	return ballot("What breaks first when a million people tap at once?", state,
		[]string{"The database", "The load balancer", "The venue Wi-Fi", "The speaker"}, counts...)
}

// choosing is somebody who chose these options of activity 3.
func choosing(options ...int) event.You {
	return event.You{Handle: "Teal Otter 42", Choices: map[int][]int{3: options}}
}

func pollPhones() []Story {
	several := func(a *event.Activity) { a.Poll.MaxChoices, a.Title = 3, "Which talks should come back next year?" }
	languages := strings.Fields("Go Rust Zig C C++ Java Kotlin Scala Clojure Erlang Elixir Gleam Haskell OCaml F# C# Swift " +
		"Objective-C Python Ruby Perl PHP Lua JavaScript TypeScript Dart Julia R Fortran COBOL Ada Pascal Lisp Scheme Racket " +
		"Prolog Forth APL J BASIC Smalltalk Nim Crystal D V Odin Mojo Roc Idris Lean")
	return []Story{
		onPhone("poll, open", stranger, with(breaks(event.Open), closing(23))),
		onPhone("poll, counted", choosing(1), with(breaks(event.Open), closing(23))),
		onPhone("poll, counted, live results", choosing(1), breaks(event.Open, 783, 282, 154, 65)),
		onPhone("poll, several choices", stranger, with(breaks(event.Open), several)),
		onPhone("poll, several choices, full", choosing(0, 1, 3), with(breaks(event.Open), several)),
		onPhone("poll, closed before the reveal", choosing(1), breaks(event.Closed)),
		onPhone("poll, closed with counts", choosing(1), breaks(event.Closed, 783, 282, 154, 65)),
		onPhone("poll, revealed", choosing(0), breaks(event.Revealed, 783, 282, 154, 65)),
		onPhone("poll, revealed, not voted, tie", stranger, breaks(event.Revealed, 602, 602, 80, 0)),
		onPhone("poll, nobody voted", stranger, with(breaks(event.Revealed, 0), func(a *event.Activity) { a.Entries = 0 })),
		onPhone("poll, one option", stranger, ballot("Ready?", event.Open, []string{"Yes!"})),
		onPhone("poll, fifty options", choosing(27), ballot("Which language would you take to an island?", event.Open, languages)),
		onPhone("poll, fifty options, revealed", choosing(27),
			ballot("Which language would you take to an island?", event.Revealed, languages, 210, 92, 41, 7, 0)),
		onPhone("poll, right to left, HTML, long", choosing(1), ballot("مَن يكسر الخادم أولًا عندما ينقر مليون شخص؟", event.Open,
			[]string{"قاعدة البيانات", "<b>Not bold</b> & <script>alert(1)</script>", "👩‍👩‍👧‍👦🎉", strings.Repeat("unbreakable", 18)})),
		onPhone("poll, endless title", stranger, ballot(strings.Repeat("Donaudampfschiff", 12)+"!", event.Revealed,
			[]string{strings.Repeat("x", 200), "b"}, 1000, 284)),
	}
}

// stagePoll is a poll as projector and console see it.
func stagePoll(state string) event.Activity {
	a := event.Activity{ID: 1, Kind: event.Poll, Title: "What breaks first when a million people tap at once?", State: state, Run: 1,
		Results: event.Live, Poll: &event.PollSpec{MaxChoices: 1, Options: []string{"The database", "The load balancer", "The venue Wi-Fi", "The speaker"}}}
	setCounts(&a, 783, 283, 154, 64)
	if state == event.Open {
		a.DeadlineMs = in(83)
	}
	return a
}

func talksPoll(options int, state string) event.Activity {
	a := stagePoll(state)
	a.DeadlineMs, a.Title, a.Poll.Options = 0, "Which talk should come back next year?", nil
	counts := make([]int, options)
	for i := range counts {
		a.Poll.Options = append(a.Poll.Options, talkTitles[i%len(talkTitles)])
		counts[i] = (i*7919 + 311) % 97 * (1 + i%3)
	}
	setCounts(&a, counts...)
	return a
}

var talkTitles = []string{
	"Profiles, flames and a very long night", "Zero to a million", "What the scheduler does while you sleep", "Generics, two years on",
	"A log is all you need", "Testing in production, on purpose", "Small binaries", "The garbage collector and me", "Sockets that come back",
}

// setCounts sets a poll's counts, of one choice each; none means no vote yet.
func setCounts(a *event.Activity, counts ...int) {
	a.Entries = 0
	a.Counts = make([]int, len(a.Poll.Options))
	for i, n := range counts {
		a.Counts[i] = n
		a.Entries += n
	}
}

// hidden takes from a poll what its results' hiding takes.
func hidden(a *event.Activity) { a.Results, a.Counts = event.Hidden, nil }

func arabic(a *event.Activity) {
	a.Title = "ما الذي يتعطل أولاً عندما يضغط مليون شخص معاً؟"
	a.Poll.Options = []string{"قاعدة البيانات", "موازن التحميل", "شبكة القاعة", "المتحدث"}
}

func pollScreens() []Story {
	return []Story{
		onScreen("poll, live, four options", stagePoll(event.Open)),
		onScreen("poll, live, no vote yet", with(stagePoll(event.Open), func(a *event.Activity) { setCounts(a) })),
		onScreen("poll, live, one option", with(stagePoll(event.Open), oneOption)),
		onScreen("poll, live, two options", with(talksPoll(2, event.Open), closing(23))),
		onScreen("poll, live, six options", talksPoll(6, event.Open)),
		onScreen("poll, live, twelve options", talksPoll(12, event.Open)),
		onScreen("poll, live, fifty options", talksPoll(50, event.Open)),
		onScreen("poll, hidden, open", with(stagePoll(event.Open), hidden)),
		onScreen("poll, hidden, closed", with(stagePoll(event.Closed), hidden)),
		onScreen("poll, closed, results were live", stagePoll(event.Closed)),
		onScreen("poll, revealed", stagePoll(event.Revealed)),
		onScreen("poll, revealed, a tie", with(stagePoll(event.Revealed), func(a *event.Activity) { setCounts(a, 400, 400, 284, 200) })),
		onScreen("poll, revealed, fifty options", talksPoll(50, event.Revealed)),
		onScreen("poll, 200 letters without a space", with(stagePoll(event.Open), func(a *event.Activity) {
			a.Title = strings.Repeat("Rindfleischetikettierung", 9)[:200]
			for i := range a.Poll.Options {
				a.Poll.Options[i] = strings.Repeat("Überwachungsaufgaben", 10)[:200]
			}
		})),
		onScreen("poll, right to left", with(stagePoll(event.Open), arabic)),
		onScreen("poll, emoji and HTML", with(stagePoll(event.Open), func(a *event.Activity) {
			a.Title = "Does <b>bold</b> & <script>alert(1)</script> scare you? 🥁🎉"
			a.Poll.Options = []string{"👩‍👩‍👧‍👦 a family", "🏳️‍🌈", "<i>tags</i>", "🇩🇪🇫🇷🇮🇹"}
		})),
	}
}

func oneOption(a *event.Activity) { a.Poll.Options = a.Poll.Options[:1] }

func pollHosts() []Story {
	return []Story{
		onHost("poll, draft", draftPoll()),
		onHost("poll, open with a timer", stagePoll(event.Open)),
		onHost("poll, open, hidden", with(stagePoll(event.Open), func(a *event.Activity) { a.DeadlineMs, a.Results = 0, event.Hidden })),
		onHost("poll, closed", stagePoll(event.Closed)),
		onHost("poll, revealed", stagePoll(event.Revealed)),
		onHost("poll, open, one option", with(stagePoll(event.Open), oneOption)),
		onHost("poll, open, fifty options", talksPoll(50, event.Open)),
		onHost("poll, right to left", with(stagePoll(event.Open), arabic)),
	}
}

func draftPoll() event.Activity {
	return with(stagePoll(event.Draft), func(a *event.Activity) { setCounts(a) })
}
