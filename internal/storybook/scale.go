package main

import (
	"strings"

	"drumroll/internal/event"
)

func scaleStates() states {
	return states{scalePhones(), scaleScreens(), scaleHosts()}
}

// pace is a scale from 1 to 5; counts are those of its points, none: hidden.
func pace(state string, counts ...int) event.Activity {
	a := event.Activity{ID: 3, Kind: event.Scale, Title: "How is the pace of this talk?", State: state, Run: 1, Entries: 412,
		Results: event.Hidden, Counts: counts, Scale: &event.ScaleSpec{Min: 1, Max: 5, Labels: []string{"Too slow", "Too fast"}}}
	for i, n := range counts {
		if i == 0 {
			a.Results, a.Entries = event.Live, 0
		}
		a.Entries += n
	}
	return a
}

// recommending is the scale that asks for eleven points, with long labels.
func recommending(state string, counts ...int) event.Activity {
	a := pace(state, counts...)
	a.Title = "How likely are you to recommend this conference to a friend or colleague?"
	a.Scale = &event.ScaleSpec{Min: 0, Max: 10, Labels: []string{
		"Not at all, I would rather advise everybody against it", "I have already told every single person I know about it"}}
	return a
}

// ready is a scale of two points without labels.
func ready(state string, counts ...int) event.Activity {
	a := pace(state, counts...)
	a.Title, a.Scale = "Ready? 1 is yes, 2 is no", &event.ScaleSpec{Min: 1, Max: 2}
	return a
}

var elevenCounts = []int{3, 1, 4, 9, 12, 31, 44, 88, 131, 74, 52}

func scalePhones() []Story {
	return []Story{
		onPhone("scale, open", stranger, with(pace(event.Open), closing(23))),
		onPhone("scale, counted", choosing(4), with(pace(event.Open), closing(23))),
		onPhone("scale, counted, live results", choosing(4), pace(event.Open, 12, 61, 187, 119, 33)),
		onPhone("scale, eleven points, long labels", choosing(8), recommending(event.Open)),
		onPhone("scale, eleven points, live results", choosing(8), recommending(event.Open, elevenCounts...)),
		onPhone("scale, two points", stranger, ready(event.Open)),
		onPhone("scale, below zero, right to left", choosing(-2), with(recommending(event.Open), func(a *event.Activity) {
			a.Title = "كيف تجد وتيرة هذه المحاضرة؟"
			a.Scale = &event.ScaleSpec{Min: -3, Max: 3, Labels: []string{"بطيئة جدًا", "سريعة جدًا"}}
		})),
		onPhone("scale, closed before the reveal", choosing(4), pace(event.Closed)),
		onPhone("scale, closed with counts", choosing(4), pace(event.Closed, 12, 61, 187, 119, 33)),
		onPhone("scale, revealed", choosing(4), pace(event.Revealed, 12, 61, 187, 119, 33)),
		onPhone("scale, revealed, eleven points, not voted", stranger, recommending(event.Revealed, elevenCounts...)),
		onPhone("scale, nobody voted", stranger, pace(event.Revealed, 0, 0, 0, 0, 0)),
	}
}

func scaleScreens() []Story {
	return []Story{
		onScreen("scale, live, no vote yet", with(pace(event.Open, 0, 0, 0, 0, 0), closing(83))),
		onScreen("scale, live", with(pace(event.Open, 12, 61, 187, 119, 33), closing(83))),
		onScreen("scale, live, eleven points, long labels", recommending(event.Open, elevenCounts...)),
		onScreen("scale, live, two points", ready(event.Open, 280, 41)),
		onScreen("scale, live, a million votes", pace(event.Open, 120_003, 281_400, 407_212, 150_771, 40_614)),
		onScreen("scale, hidden, open", pace(event.Open)),
		onScreen("scale, hidden, closed", recommending(event.Closed)),
		onScreen("scale, closed, results were live", pace(event.Closed, 12, 61, 187, 119, 33)),
		onScreen("scale, revealed", pace(event.Revealed, 12, 61, 187, 119, 33)),
		onScreen("scale, revealed, 200 letters without a space", with(pace(event.Revealed, 12, 61, 187, 119, 33), func(a *event.Activity) {
			a.Title = strings.Repeat("Rindfleischetikettierung", 9)[:200]
			a.Scale = &event.ScaleSpec{Min: 1, Max: 5, Labels: []string{a.Title, a.Title}}
		})),
	}
}

func scaleHosts() []Story {
	return []Story{
		onHost("scale, draft", pace(event.Draft, 0, 0, 0, 0, 0)),
		onHost("scale, open with a timer", with(pace(event.Open, 12, 61, 187, 119, 33), closing(83))),
		onHost("scale, open, hidden", with(pace(event.Open, 12, 61, 187, 119, 33), func(a *event.Activity) { a.Results = event.Hidden })),
		onHost("scale, open, no vote yet", pace(event.Open, 0, 0, 0, 0, 0)),
		onHost("scale, closed, eleven points", recommending(event.Closed, elevenCounts...)),
		onHost("scale, revealed, two points", ready(event.Revealed, 280, 41)),
		onHost("scale, revealed, long labels", recommending(event.Revealed, elevenCounts...)),
	}
}
