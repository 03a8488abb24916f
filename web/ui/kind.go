package ui

import (
	"maps"
	"slices"

	"github.com/a-h/templ"

	"drumroll/internal/event"
)

// kind is how the views show one kind of activity. Each has files of its own,
// NAME*.go and NAME*.templ; the rest of the package does not know which there are.
type kind interface {
	names() names
	words(a *event.Activity) words
	phone(p Phone, a *event.Activity, small bool) templ.Component
	// scene is what the projector plays, one word for its style sheet; stage shows it.
	scene(a *event.Activity) string
	stage(e *Event, a *event.Activity) templ.Component
	console(e *Event, a *event.Activity) templ.Component // below the title
	preview(a *event.Activity) templ.Component           // below its title and rules
	dialog() templ.Component                             // its part of the edit dialog
	// next is the one thing to do with an activity that has been closed; false: it
	// is over, and the next one may come.
	next(e *Event, a *event.Activity) (act, bool)
	// others are further things to do with the activity on show, before and after
	// those that every kind has.
	others(h Host, a *event.Activity) (before, after []act)
}

// names are the words of a kind that no activity changes.
type names struct {
	kind        string // "Poll"
	invitation  string // what a host adds: "a question to vote on"
	one, many   string // entries: "vote", "votes"
	open, close string // of the console's buttons: "Open voting"
}

// words are what the views say of an activity as it is now.
type words struct {
	status, hint string // the projector's last line
	note         string // console: who sees what; or ""
	plan         string // running order: what a draft will ask for
	rules        string // preview: the same in a sentence
}

var kinds = map[string]kind{
	event.Poll:   poll{},
	event.Raffle: raffle{},
	event.Scale:  scale{},
}

// kindNames are the kinds in the order in which a host is offered them.
func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

// invitations says what there is to add: "a question to vote on or a raffle to win".
func invitations() string {
	var all []string
	for _, name := range kindNames() {
		all = append(all, kinds[name].names().invitation)
	}
	return enumerate(all, "or")
}

func namesOf(a *event.Activity) names { return kinds[a.Kind].names() }

// entriesLine is "1,284 votes".
func entriesLine(a *event.Activity) string {
	n := namesOf(a)
	return grouped(a.Entries) + " " + plural(a.Entries, n.one, n.many)
}
