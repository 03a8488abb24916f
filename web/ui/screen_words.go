package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// What the projector says about each state, in one place, so that its tone stays one.

func joinStatus(e Event) string {
	switch {
	case len(e.Draws) > 0 || e.Joined > 0:
		return "You're in the right place. It goes on in a moment."
	default:
		return "Be the first one in."
	}
}

func screenStatus(a *Activity) string {
	switch {
	case a.Kind == "raffle" && a.State == "open":
		return "The raffle is open"
	case a.Kind == "raffle" && a.Abandoned:
		return "The list was given up"
	case a.Kind == "raffle":
		return "The list is frozen"
	case a.State == "open":
		return "Voting is open"
	case a.State == "revealed":
		return "The result"
	default:
		return "Voting is closed"
	}
}

func screenHint(a *Activity) string {
	switch {
	case a.Kind == "raffle" && a.State == "open" && len(rulesOf(a)) > 0:
		return "Can win: " + strings.Join(rulesOf(a), ", ")
	case a.Kind == "raffle" && a.State == "open":
		return "Get your ticket on your phone. One each."
	case a.Kind == "raffle" && a.Abandoned:
		return "Nobody has won"
	case a.Kind == "raffle" && a.Pending != nil:
		return "The draw comes by itself"
	case a.Kind == "raffle":
		return "The draw comes next"
	case a.State == "open" && a.MaxChoices > 1:
		return fmt.Sprintf("Choose up to %d. You can change it until it closes", a.MaxChoices)
	case a.State == "open":
		return "You can change your vote until it closes"
	case a.State == "closed" && !a.CountsShown:
		return "The result comes next"
	default:
		return "Thank you for voting"
	}
}

// countLine follows the count of a poll whose results are hidden.
func countLine(a *Activity) string {
	if a.State == "open" {
		return "so far"
	}
	return "counted"
}

func prizeLine(winners int) string {
	if winners <= 1 {
		return "One ticket wins"
	}
	return itoa(winners) + " tickets win"
}

func leadingWord(a *Activity) string {
	leading := 0
	for _, o := range a.Options {
		if o.Leading {
			leading++
		}
	}
	if leading > 1 {
		return "tied for most"
	}
	return "most votes"
}

// drawnNow is whom the show is about: the newest draw's winners.
func drawnNow(a *Activity) []Winner {
	if won := newestWinners(a); len(won) > 0 {
		return won
	}
	return a.Winners
}

// drawnFor heads the show: the prize and its place, or the raffle's title.
func drawnFor(a *Activity) string {
	won := drawnNow(a)
	if len(won) == 0 || won[0].Prize == "" || severalPrizes(won) {
		return a.Title
	}
	prize, at, times := won[0].Prize, 0, 0
	for i, p := range a.Prizes {
		if p == prize {
			at, times = i+1, times+1
		}
	}
	if times != 1 || len(a.Prizes) < 2 {
		return prize // listed twice: its place is not told by its name
	}
	return prizeOf(a, at)
}

// severalPrizes reports whether winners are of more than one draw's prize.
func severalPrizes(won []Winner) bool {
	for _, w := range won {
		if w.Prize != won[0].Prize {
			return true
		}
	}
	return false
}

// anyUnclaimed reports whether a winner still has to come forward.
func anyUnclaimed(won []Winner) bool {
	for _, w := range won {
		if w.Claim == "" {
			return true
		}
	}
	return false
}

// wonSoFar is the draw history that stands between acts: the newest draws first,
// without the wins that were given back.
func wonSoFar(e Event) []Draw {
	var won []Draw
	for i := len(e.Draws) - 1; i >= 0 && len(won) < 4; i-- {
		d := e.Draws[i]
		if d.Names = d.standing(); len(d.Names) > 0 {
			won = append(won, d)
		}
	}
	return won
}

// standing are the names of winners who have not given their win back.
func (d Draw) standing() []string {
	var names []string
	for i, name := range d.Names {
		if i >= len(d.Returned) || !d.Returned[i] {
			names = append(names, name)
		}
	}
	return names
}

// prizeOrTitle is what a draw was for, in as few words as there are.
func (d Draw) prizeOrTitle() string {
	if d.Prize != "" {
		return d.Prize
	}
	return d.Title
}

// drawNote tells what an audience would otherwise wonder about: a prize left
// over, or a second drawing and its reason.
func drawNote(e Event, a *Activity) string {
	var notes []string
	if a.Shortfall > 0 {
		won := len(drawnNow(a))
		notes = append(notes, fmt.Sprintf("%d %s wanted, %d %s in the drum: everybody in it wins.",
			won+a.Shortfall, plural(won+a.Shortfall, "winner was", "winners were"), won, plural(won, "ticket was", "tickets were")))
	}
	for _, d := range e.Draws {
		if d.Number == a.Draw && d.Reason != "" {
			notes = append(notes, "Drawn again: "+d.Reason+".")
		}
	}
	if n := len(earlierWinners(a)); n > 0 {
		notes = append(notes, fmt.Sprintf("%s already won before.", plural(n, "One ticket", itoa(n)+" tickets")))
	}
	return strings.Join(notes, " ")
}

// verifyPath is the part of VerifyURL that people type after the host.
func verifyPath(e Event) string {
	return strings.TrimPrefix(e.VerifyURL[max(0, strings.Index(e.VerifyURL, "://")+3):], e.JoinHost)
}

// reelStart fills a reel's five slots for the moment before the script turns it.
func reelStart(a *Activity) []string {
	slots := make([]string, 5)
	for i := range slots {
		if len(a.Entrants) > 0 {
			slots[i] = a.Entrants[i%len(a.Entrants)]
		}
	}
	return slots
}

func i64(n int64) string { return strconv.FormatInt(n, 10) }

func sharePercent(a *Activity, o Option) string {
	if a.Entries == 0 || !a.CountsShown {
		return "0%"
	}
	return strconv.FormatFloat(100*float64(o.Count)/float64(a.Entries), 'f', 2, 64) + "%"
}

type scrap struct{ x, y, w, h, turn string }

// scraps are pieces of paper along the edges of a 160×90 stage, clear of its
// middle and of its lines of text.
func scraps() []scrap {
	var all []scrap
	for i, at := range [][2]int{
		{3, 17}, {8, 27}, {5, 41}, {12, 36}, {15, 52}, {4, 60}, {20, 22}, {10, 66}, {26, 16}, {24, 64},
		{157, 16}, {151, 25}, {155, 37}, {148, 34}, {144, 48}, {156, 55}, {139, 21}, {149, 65}, {133, 15}, {136, 63},
		{46, 3}, {64, 11}, {78, 4}, {97, 12}, {40, 66}, {120, 66},
	} {
		size := 1.1 + float64(i*7%5)*0.45
		all = append(all, scrap{
			x: itoa(at[0]), y: itoa(at[1]),
			w:    strconv.FormatFloat(size, 'f', 2, 64),
			h:    strconv.FormatFloat(size*(0.5+float64(i%3)*0.15), 'f', 2, 64),
			turn: fmt.Sprintf("rotate(%d %d %d)", (i*47)%180-90, at[0], at[1]),
		})
	}
	return all
}
