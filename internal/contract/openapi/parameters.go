package main

// pathParameter is a part of a call's path.
type pathParameter struct {
	Name, Description string
	Pattern           string   // of a text; "" of any
	Number            bool     // a whole number from 1
	Values            []string // of a closed set
}

// parameters are those of all paths.
func parameters() []pathParameter {
	return []pathParameter{
		{Name: "code", Description: "Six characters without 0 O 1 I L, in any case.", Pattern: "^[2-9A-HJKMNP-Za-hjkmnp-z]{6}$"},
		{Name: "id", Number: true},
		{Name: "n", Number: true, Description: "Draws are numbered 1, 2, … through the event."},
		{Name: "person", Description: "`person` of a winner or `id` of `named`, as the host sees them."},
		{
			Name: "verb", Values: []string{"open", "close", "extend", "reveal", "reset", "draw", "redraw", "void", "confirm", "abandon"},
			Description: `- ` + "`open`" + `: from draft or (unless frozen) closed; ` + "`seconds`" + ` starts a countdown.
- ` + "`close`" + `: from open; a raffle's entrant list is frozen.
- ` + "`extend`" + `: an open activity's countdown runs ` + "`seconds`" + ` longer.
- ` + "`reveal`" + `: from closed; counts are shown to all.
- ` + "`reset`" + `: from anything but draft; back to draft with run + 1. Draws are kept.
- ` + "`draw`" + `: from closed or drawn: the (next) winners.
- ` + "`redraw`" + `: from drawn: the ticket ` + "`winner`" + ` is given back and another is drawn, for a ` + "`reason`" + `.
- ` + "`void`" + `: from drawn: the ticket ` + "`winner`" + ` is given back, for a ` + "`reason`" + `, and no other is drawn.
- ` + "`confirm`" + `: the prize of the ticket ` + "`winner`" + ` was given away.
- ` + "`abandon`" + `: a raffle whose public beacon is not available: its frozen list is given up in public.

With a beacon, ` + "`draw` and `redraw`" + ` answer at once with the activity as it was and ` + "`pending`" + `; the draw follows when its round is there.`,
		},
	}
}
