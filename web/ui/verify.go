package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// Verify is the page on which anybody checks a draw.
type Verify struct {
	Page    Page
	Title   string   // the event's
	Draws   []Draw   // every draw so far, oldest first
	Freezes []Freeze // every frozen list, oldest first
}

// newestFirst is the order in which people look for a draw.
func (v Verify) newestFirst() []Draw {
	draws := make([]Draw, len(v.Draws))
	for i, d := range v.Draws {
		draws[len(draws)-1-i] = d
	}
	return draws
}

// won names the winners of a draw in a few words.
func (d Draw) won() string {
	switch n := len(d.Names); {
	case n == 0:
		return "nobody"
	case n <= 3:
		return strings.Join(d.Names, ", ")
	default:
		return fmt.Sprintf("%s and %d more", strings.Join(d.Names[:2], ", "), n-2)
	}
}

func (v Verify) drawHref(d Draw) string {
	return "/" + v.Page.Code + "/verify?draw=" + strconv.Itoa(d.Number)
}

// fate says what became of a frozen list.
func (f Freeze) fate() string {
	switch {
	case f.Abandoned && f.Draws == 0:
		return "given up, nothing drawn"
	case f.Abandoned:
		return itoa(f.Draws) + plural(f.Draws, " draw", " draws") + ", then given up"
	case f.Draws == 0:
		return "nothing drawn"
	default:
		return itoa(f.Draws) + plural(f.Draws, " draw", " draws")
	}
}

// odd lists are those that a reader should ask about.
func (f Freeze) odd() bool { return f.Abandoned || f.Draws == 0 }
