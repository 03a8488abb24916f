package fairdraw

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// makeRunForgeries are records that each hold alone, of one run, that cannot both be
// true; and integers, reasons and freezes that one reader took and another did not.
func makeRunForgeries(t *testing.T) (all []forgery) {
	add := func(name, step string, q recordQuestion) {
		all = append(all, forgery{"F-13", name, q, step})
	}
	plain := newPlainRaffle(10)
	first := plain.json(t, 0)
	shared := func(r *Record, same func(a, b Place) bool) bool {
		return slices.ContainsFunc(plain.records[0].places(), func(a Place) bool {
			return slices.ContainsFunc(r.places(), func(b Place) bool { return same(a, b) })
		})
	}
	ticket := func(a, b Place) bool { return a.Ticket == b.Ticket }
	position := func(a, b Place) bool { return a.Position == b.Position }
	shifted := otherFreeze(t, plain, 1, func(r *Record) bool { return shared(r, ticket) && !shared(r, position) })
	add("a ticket that stands at another position of a second freeze", StepHistory, recordQuestion{Record: shifted, Earlier: []string{first}})
	other := otherFreeze(t, plain, 2, func(r *Record) bool {
		return !shared(r, ticket) && !shared(r, position) && oneListError(append(r.places(), plain.records[0].places()...)) != nil
	})
	add("tickets that do not rise across two freezes", StepHistory, recordQuestion{Record: other, Earlier: []string{first}})

	soon := roll(10, fullRules(), quicknetRounds(1000, 1001, 1002))
	add("a redraw asked for before the round of the draw before", StepHistory, recordQuestion{Record: soon.json(t, 1), Earlier: []string{soon.json(t, 0)}})
	soon = roll(10, fullRules(), quicknetRounds(10, 1000, 1001))
	add("a freeze before the round of the draw before", StepHistory, recordQuestion{Record: soon.json(t, 2), Earlier: []string{soon.json(t, 0), soon.json(t, 1)}})

	winner := fmt.Sprintf(`"position":%d,`, plain.records[0].Winners[0].Position)
	for _, position := range []string{"9007199254740992", "4294967295"} {
		add("a winner at position "+position, StepRecord, recordQuestion{Record: strings.Replace(first, winner, `"position":`+position+`,`, 1)})
	}
	add("another freeze under the hash of the list's", StepFreeze, recordQuestion{
		Record: strings.Replace(first, `"number":1`, `"number":2`, 1), List: plain.entrants(t, 0)})
	return all
}

// otherFreeze is the second draw of a plain raffle, as a forger makes it: from a second
// freeze, of a list in which the lowest tickets are replaced with the highest, at a time that
// suits.
func otherFreeze(t *testing.T, plain raffle, replaced int, suits func(r *Record) bool) string {
	t.Helper()
	list := NewList(10, func(i int) Leaf {
		l := plainEntrant(i)
		if pos, _ := plain.lists[0].Find(l.Ticket); pos < replaced {
			l.Ticket = Ticket{0: 0xff, 1: 0xff, 15: byte(pos)}
		}
		return l
	})
	won := func(pos int) string {
		if slices.ContainsFunc(plain.records[0].Winners, func(w Place) bool { return w.Ticket == list.Leaf(pos).Ticket }) {
			return SkipWon
		}
		return ""
	}
	r := *plain.records[1]
	r.Freeze.Number, r.Freeze.Draws = 2, 1
	for range 1000 {
		r.Freeze.At++
		forged := picksOf(&r, list, won)
		text := sealedText(t, forged)
		if suits(forged) && firstFailure(recordQuestion{Record: text, List: entrantsText(t, forged, list)}.check(t)) == "" {
			return text
		}
	}
	t.Fatal("no time suits")
	return ""
}
