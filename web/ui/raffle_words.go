package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"drumroll/internal/event"
)

// What phone, projector and console say of prizes, rules and draws.

// stakes says what there is to win: "One ticket wins", "3 prizes to win".
func stakes(r *event.RaffleView) string {
	switch n := len(r.Prizes); {
	case n > 1:
		return itoa(n) + " prizes to win"
	case n == 1:
		return "To win: " + r.Prizes[0]
	case r.WinnersWanted > 1:
		return itoa(r.WinnersWanted) + " tickets win"
	default:
		return "One ticket wins"
	}
}

// firstPrizes are as many prizes as a phone lists.
func firstPrizes(prizes []string) []string { return prizes[:min(len(prizes), 8)] }

// eligibleLine says in public who can win; "" where everybody can.
func eligibleLine(a *event.Activity) string {
	r := a.Raffle
	var rules []string
	if r.Eligible.TookPart != 0 {
		rules = append(rules, "took part in “"+cmp.Or(r.TookPart, "activity "+itoa(r.Eligible.TookPart))+"”")
	}
	if ms := r.Eligible.JoinedBefore; ms != 0 {
		rules = append(rules, "joined before "+time.UnixMilli(int64(ms)).Format("15:04"))
	}
	if r.Eligible.CheckedIn {
		rules = append(rules, "tapped “I’m here”")
	}
	if len(rules) == 0 {
		return ""
	}
	return "Eligible: everyone who " + enumerate(rules, "and")
}

// nextWords says what comes after the freeze, or after a draw.
func nextWords(a *event.Activity) string {
	r := a.Raffle
	switch {
	case r.NextPrize == 0 && a.State == event.Drawn:
		return ""
	case r.NextPrize > 0 && len(r.Prizes) > 1:
		return "Next is prize " + itoa(r.NextPrize) + " of " + itoa(len(r.Prizes)) + ": " + r.Prizes[r.NextPrize-1] + "."
	default:
		return "The draw is next."
	}
}

// promise is the commitment's fingerprint: its first 128 bits in groups that can be
// compared by eye, "4165 468D …", eight of them.
func promise(r *event.RaffleView) string {
	digits := []byte(strings.ToUpper(r.Commitment[:min(len(r.Commitment), 32)]))
	return string(bytes.Join(slices.Collect(slices.Chunk(digits, 4)), []byte(" ")))
}

// drawnNow is whom the show is about: the newest draw's winners, or all of them
// where none of those stands.
func drawnNow(r *event.RaffleView) []event.WinnerView {
	if newest, _ := byDraw(r); len(newest) > 0 {
		return newest
	}
	return r.Winners
}

// byDraw sorts the winners into those of the newest draw and those before it.
func byDraw(r *event.RaffleView) (newest, earlier []event.WinnerView) {
	for _, w := range r.Winners {
		if w.Draw == r.LastDraw {
			newest = append(newest, w)
		} else {
			earlier = append(earlier, w)
		}
	}
	return newest, earlier
}

// drawnFor heads the show: the prize and its place, or the raffle's title.
func drawnFor(a *event.Activity) string {
	won := drawnNow(a.Raffle)
	if len(won) == 0 || won[0].Prize == "" || severalPrizes(won) {
		return a.Title
	}
	prizes, prize := a.Raffle.Prizes, won[0].Prize
	at := slices.Index(prizes, prize)
	if at < 0 || len(prizes) < 2 || slices.Contains(prizes[at+1:], prize) {
		return prize // listed twice: its place is not told by its name
	}
	return "Prize " + itoa(at+1) + " of " + itoa(len(prizes)) + ": " + prize
}

// severalPrizes reports whether winners are of more than one draw's prize.
func severalPrizes(won []event.WinnerView) bool {
	return slices.ContainsFunc(won, func(w event.WinnerView) bool { return w.Prize != won[0].Prize })
}

// anyUnclaimed reports whether a winner still has to come forward.
func anyUnclaimed(won []event.WinnerView) bool {
	return slices.ContainsFunc(won, func(w event.WinnerView) bool { return w.Claim == "" })
}

// drawNote tells what an audience would otherwise wonder about: a prize left
// over, or a second drawing and its reason.
func drawNote(e *Event, r *event.RaffleView) string {
	var notes []string
	if r.Shortfall > 0 {
		won := len(drawnNow(r))
		notes = append(notes, fmt.Sprintf("%d %s wanted, %d %s in the drum: everybody in it wins.",
			won+r.Shortfall, plural(won+r.Shortfall, "winner was", "winners were"), won, plural(won, "ticket was", "tickets were")))
	}
	for _, d := range e.Draws {
		if d.Number == r.LastDraw && d.Reason != "" {
			notes = append(notes, "Drawn again: "+d.Reason+".")
		}
	}
	if _, earlier := byDraw(r); len(earlier) > 0 {
		notes = append(notes, plural(len(earlier), "One ticket", itoa(len(earlier))+" tickets")+" already won before.")
	}
	return strings.Join(notes, " ")
}

// reelNames is the JSON list that a reel runs through. Winners are left out:
// a name that has rushed by twice is no surprise.
func reelNames(r *event.RaffleView) string {
	won := make(map[string]bool, len(r.Winners))
	for _, w := range r.Winners {
		won[w.Name] = true
	}
	names := slices.DeleteFunc(slices.Clone(r.Entrants), func(name string) bool { return won[name] })
	if len(names) < 5 { // a handful of entrants: all of them, again and again
		names = r.Entrants
	}
	b, _ := json.Marshal(names) // strings always marshal
	return string(b)
}

// reelStart fills a reel's five slots for the moment before the script turns it.
func reelStart(r *event.RaffleView) []string {
	slots := make([]string, 5)
	for i := range slots {
		if len(r.Entrants) > 0 {
			slots[i] = r.Entrants[i%len(r.Entrants)]
		}
	}
	return slots
}

// wall names the size of a wall of names.
func wall(names int) string { return sizeClass("wall-", names, 3, 10, 30, 100) }

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
