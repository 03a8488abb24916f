package ui

import (
	"cmp"
	"slices"
	"strings"

	"drumroll/internal/event"
)

// The history of draws, as projector, console and the page of checks list it.

// wonSoFar is what the projector shows between acts: the newest draws first,
// without the wins that were given back.
func wonSoFar(e *Event) []event.DrawLine {
	var won []event.DrawLine
	for _, d := range slices.Backward(e.Draws) {
		if d.Names = standing(d); len(d.Names) > 0 && len(won) < 4 {
			won = append(won, d)
		}
	}
	return won
}

// standing are the names of winners who have not given their win back.
func standing(d event.DrawLine) []string {
	var names []string
	for i, name := range d.Names {
		if i >= len(d.Returned) || !d.Returned[i] {
			names = append(names, name)
		}
	}
	return names
}

// winnersLine names the winners of a draw in a few words.
func winnersLine(d event.DrawLine) string {
	switch n := len(d.Names); {
	case n == 0:
		return "nobody"
	case n <= 3:
		return strings.Join(d.Names, ", ")
	}
	return strings.Join(d.Names[:2], ", ") + " and " + itoa(len(d.Names)-2) + " more"
}

// prizeOrTitle is what a draw was for, in as few words as there are.
func prizeOrTitle(d event.DrawLine) string { return cmp.Or(d.Prize, d.Title) }

// drawFor says what a draw was for, and why where it replaced a winner.
func drawFor(d event.DrawLine) string {
	if d.Reason != "" {
		return prizeOrTitle(d) + " · again: " + d.Reason
	}
	return prizeOrTitle(d)
}
