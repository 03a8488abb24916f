package ui

import (
	"encoding/json"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// scene names what the projector plays, one word for its CSS.
func (s Screen) scene() string {
	a := s.Event.Current
	switch {
	case a == nil || a.State == "draft":
		return "join"
	case a.Kind == "raffle" && a.State == "drawn" && len(a.Winners) > 0:
		return "drawn"
	case a.Kind == "raffle" && a.State == "open":
		return "filling"
	case a.Kind == "raffle":
		return "frozen"
	case a.CountsShown:
		return "bars"
	default:
		return "count"
	}
}

// fit sorts a text into one of five size classes by the room it will take:
// there is no measuring text on the server, and a size that waits for a script
// jumps. Wide scripts and emoji count as two letters.
func fit(text string) string {
	width := 0
	for _, r := range text {
		width++
		if r >= 0x1100 {
			width++
		}
	}
	// A word that cannot be broken asks for as much room as a longer line.
	for word := range strings.FieldsSeq(text) {
		width = max(width, 2*utf8.RuneCountInString(word))
	}
	switch {
	case width <= 16:
		return "fit-1"
	case width <= 34:
		return "fit-2"
	case width <= 70:
		return "fit-3"
	case width <= 120:
		return "fit-4"
	default:
		return "fit-5"
	}
}

// spread names how many options share the board: a column, two, or a list
// that turns its pages.
func spread(options int) string {
	switch {
	case options <= 2:
		return "spread-2"
	case options <= 4:
		return "spread-4"
	case options <= 6:
		return "spread-6"
	case options <= 12:
		return "spread-12"
	default:
		return "spread-50"
	}
}

// wall names the size of a wall of names.
func wall(names int) string {
	switch {
	case names <= 3:
		return "wall-3"
	case names <= 10:
		return "wall-10"
	case names <= 30:
		return "wall-30"
	default:
		return "wall-100"
	}
}

// ranked returns the options as the board lists them: in their own order, or,
// where they need several pages, the most chosen ones first.
func ranked(a *Activity) []Option {
	if len(a.Options) <= 12 || !a.CountsShown {
		return a.Options
	}
	options := append([]Option(nil), a.Options...)
	sort.SliceStable(options, func(i, j int) bool { return options[i].Count > options[j].Count })
	return options
}

// hue is the CSS class of the nth option's colour; six repeat.
func hue(index int) string { return "opt-" + strconv.Itoa(index%6+1) }

// reelNames is the JSON list that a reel runs through. Winners are left out:
// a name that has rushed by twice is no surprise.
func reelNames(a *Activity) string {
	won := make(map[string]bool, len(a.Winners))
	for _, w := range a.Winners {
		won[w.Name] = true
	}
	names := make([]string, 0, len(a.Entrants))
	for _, n := range a.Entrants {
		if !won[n] {
			names = append(names, n)
		}
	}
	if len(names) < 5 { // a handful of entrants: all of them, again and again
		names = a.Entrants
	}
	b, err := json.Marshal(names)
	if err != nil { // strings always marshal
		return "[]"
	}
	return string(b)
}

// newestWinners are those of the newest draw, whom the show is about.
func newestWinners(a *Activity) []Winner {
	var won []Winner
	for _, w := range a.Winners {
		if w.Draw == a.Draw {
			won = append(won, w)
		}
	}
	return won
}

// earlierWinners won this raffle in draws before the newest one.
func earlierWinners(a *Activity) []Winner {
	var won []Winner
	for _, w := range a.Winners {
		if w.Draw != a.Draw {
			won = append(won, w)
		}
	}
	return won
}

// codeHalves splits a code for reading aloud: "K7Q", "X4M".
func codeHalves(code string) [2]string {
	if len(code) != 6 {
		return [2]string{code, ""}
	}
	return [2]string{code[:3], code[3:]}
}

// plural picks the word that goes with n.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// grouped writes 1284 as "1,284".
func grouped(n int) string { return humanize.Comma(int64(n)) }

// clock writes milliseconds left as "0:23", "12:05" or "1:02:03", rounding up:
// zero is shown only when time is up.
func clock(ms int64) string {
	s := max(0, (ms+999)/1000)
	two := func(n int64) string {
		if n < 10 {
			return "0" + strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(n, 10)
	}
	if s >= 3600 {
		return strconv.FormatInt(s/3600, 10) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
}

func itoa(n int) string { return strconv.Itoa(n) }
