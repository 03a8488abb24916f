package main

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// verifyStories are the page that checks draws. Its records are the test data of
// the fair draw, served as the API would.
func verifyStories() []Story {
	draws := []event.DrawLine{
		{Number: 5, Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 1, Entrants: 10, Names: []string{"قندس", "Teal Otter 42", "漢字"}},
		{Number: 6, Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 1, Entrants: 10, Names: []string{"漢字"}, Reason: "went home"},
		{Number: 8, Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 1, Entrants: 10, Names: []string{"Amber Fox 7", "Jade Lynx 3", "Coral Wren 12", "Grey Seal 90", "Blue Crane 1"}},
		{Number: 10, Activity: 4, Title: "A prize whose record is not there", Run: 1, Entrants: 120, Names: []string{"Teal Otter 42"}},
	}
	story := func(name string, draws []event.DrawLine) Story {
		return Story{name, func(theme string) templ.Component {
			return ui.VerifyPage(ui.Verify{Page: page("verify", "Check a draw", theme), Title: "Gopher Night Brno", Draws: draws})
		}}
	}
	return []Story{
		story("no draw yet", nil),
		story("a true draw", draws[:1]),
		story("a redraw, and one with skips", draws[:3]),
		story("a record that cannot be had", draws),
		{"rehearsal", func(theme string) templ.Component {
			p := page("verify", "Check a draw", theme)
			p.Rehearsal = true
			return ui.VerifyPage(ui.Verify{Page: p, Title: "Gopher Night Brno", Draws: draws[:1]})
		}},
		{"every frozen list", func(theme string) templ.Component {
			return ui.VerifyPage(ui.Verify{Page: page("verify", "Check a draw", theme), Title: "Gopher Night Brno", Draws: draws[:3], Freezes: []event.FreezeLine{
				{Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 1, Number: 1, Fingerprint: "0D2E E8D1 D439 7C19 A0F2 9B41 CD5E 8269", Size: 7, Ms: nowMs - 1_020_000},
				{Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 2, Number: 1, Fingerprint: "CD5E 8269 A913 0D2E E8D1 D439 7C19 A0F2", Size: 9, Ms: nowMs, Draws: 3},
				{Activity: 4, Title: strings.Repeat("Donaudampfschiff", 10), Run: 1, Number: 1, Size: 120_000, Ms: nowMs + 1_500_000, Abandoned: true},
			}})
		}},
	}
}

// drawRecords answers for the API with the fair draw's test data.
func drawRecords(mux *http.ServeMux) {
	const folder = "internal/fairdraw/testdata/"
	for draw, file := range map[string]string{"5": "record1.json", "6": "record2.json", "8": "record3.json"} {
		list := map[string]string{"5": "1", "6": "1", "8": "2"}[draw]
		url := "GET /api/v1/events/K7QX4M/draws/" + draw
		mux.HandleFunc(url, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, folder+file) })
		mux.HandleFunc(url+"/entrants", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, folder+"entrants"+list+".ndjson") })
	}
}
