package ui

import (
	"time"

	"drumroll/internal/event"
)

// Verify is the page on which anybody checks a draw.
type Verify struct {
	Page    Page
	Title   string             // the event's
	Draws   []event.DrawLine   // every draw so far, oldest first
	Freezes []event.FreezeLine // every frozen list, oldest first
}

func (v Verify) drawHref(d event.DrawLine) string {
	return "/" + v.Page.Code + "/verify?draw=" + itoa(d.Number)
}

// frozenAt is when a list was frozen: "2026-11-23 20:15 UTC".
func frozenAt(f event.FreezeLine) string {
	return time.UnixMilli(int64(f.Ms)).UTC().Format("2006-01-02 15:04 UTC")
}

// fate says what became of a frozen list.
func fate(f event.FreezeLine) string {
	draws := itoa(f.Draws) + plural(f.Draws, " draw", " draws")
	switch {
	case f.Abandoned && f.Draws == 0:
		return "given up, nothing drawn"
	case f.Abandoned:
		return draws + ", then given up"
	case f.Draws == 0:
		return "nothing drawn"
	default:
		return draws
	}
}

// isOdd lists are those that a reader should ask about.
func isOdd(f event.FreezeLine) bool { return f.Abandoned || f.Draws == 0 }
