package fairdraw

import (
	"slices"
	"strings"
	"testing"
)

// makeSwaps are the forgeries that come to mind first.
func makeSwaps(t *testing.T) (all []forgery) {
	add := func(name, step string, q recordQuestion) {
		all = append(all, forgery{"", name, q, step})
	}
	ra, other := newRaffle(10), newRaffle(11)
	first, second, last := ra.records[0], ra.records[1], ra.records[2]
	texts := []string{ra.json(t, 0), ra.json(t, 1), ra.json(t, 2)}
	place := func(pos int) Place { return placeAt(ra.lists[0], pos) }
	forged := func(r *Record, forge func(*Record)) recordQuestion {
		return recordQuestion{Record: resealed(t, r, forge)}
	}
	after := func(q recordQuestion, earlier ...string) recordQuestion {
		q.Earlier = earlier
		return q
	}
	stranger := 0 // can win, and comes up in no draw of the first freeze
	for place(stranger).Unfit != "" || slices.ContainsFunc(append(first.places(), second.places()...), func(p Place) bool { return p.Position == stranger }) {
		stranger++
	}

	add("a friend in the winner's place", StepPicks, forged(first, func(r *Record) { r.Winners[0] = place(stranger) }))
	add("winners in another order", StepPicks, forged(first, func(r *Record) { r.Winners[0], r.Winners[1] = r.Winners[1], r.Winners[0] }))
	add("a winner too many", StepPicks, forged(first, func(r *Record) { r.Winners = append(r.Winners, place(stranger)) }))
	add("a winner kept back", StepPicks, forged(first, func(r *Record) { r.Winners = r.Winners[:2] }))
	add("nobody wins", StepRecord, forged(first, func(r *Record) { r.Winners = []Place{} }))
	add("a winner passed over without a reason", StepRecord, forged(first, func(r *Record) {
		r.Skips, r.Winners = append(r.Skips, Skip{Place: r.Winners[0]}), r.Winners[1:]
	}))
	add("one who cannot win wins", StepWinners, forged(last, func(r *Record) {
		at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Unfit != "" })
		r.Winners[0] = r.Skips[at].Place
	}))
	add("the seed of the draw before", StepCommitment, forged(second, func(r *Record) { r.Seed, r.Previous = first.Seed, first.Previous }))
	add("the seed of the draw after", StepCommitment, forged(first, func(r *Record) { r.Seed, r.Previous = second.Seed, second.Previous }))
	own := forged(first, func(r *Record) {
		r.Freeze.Commitment, r.Previous, r.Seed = Rewind(Hash{1}, 1), Rewind(Hash{1}, 1), Hash{1}
	})
	own.Commitment = first.Freeze.Commitment.String()
	add("another event's commitment, all consistent", StepToldPromise, own)
	add("another list after the freeze, all consistent", StepToldFreeze, recordQuestion{Record: other.json(t, 0), Freeze: Fingerprint(first.Freeze.Hash)})
	add("a freeze of too few digits", StepToldFreeze, recordQuestion{Record: texts[0], Freeze: first.Freeze.Hash.String()[:31]})
	add("a reason that is not the leaf's", StepSkips, forged(last, func(r *Record) {
		at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Unfit == SkipLate })
		r.Skips[at].Reason = SkipWon
	}))
	add("a voided ticket called a winner", StepHistory, after(forged(last, func(r *Record) {
		at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Reason == SkipVoided })
		r.Skips[at].Reason = SkipWon
	}), texts[:2]...))
	add("a voided ticket that had not won", StepHistory, after(forged(second, func(r *Record) { r.Voided = ptr(place(stranger)) }), texts[0]))
	add("a ticket given back that had not won", StepHistory, after(forged(second, func(r *Record) {
		r.Returned = []Skip{{place(stranger), "why not"}}
	}), texts[0]))
	add("a ticket given back without a reason", StepRecord, forged(last, func(r *Record) { r.Returned[0].Reason = "" }))
	add("a reason without a ticket given back", StepRecord, forged(first, func(r *Record) { r.Reason = "why not" }))
	add("another prize", StepHistory, after(forged(second, func(r *Record) { r.Prize = "A mouse" }), texts[0]))
	add("a draw before the one that came first", StepHistory, after(forged(second, func(r *Record) { r.Draw = 5 }), texts[0]))
	add("rules that changed in the run", StepHistory, after(recordQuestion{Record: texts[1]}, ruled(t).json(t, 0)))
	add("another round of the beacon", StepRound, forged(first, func(r *Record) { r.Beacon = quicknetSource().beacon(1) }))
	add("the round of the draw before", StepRound, forged(second, func(r *Record) { r.Beacon = quicknetSource().beacon(0); r.Beacon.Asked++ }))
	add("a round's signature under another number", StepBeacon, forged(first, func(r *Record) { r.Beacon.Round++ }))
	add("randomness that no beacon gave", StepBeacon, forged(first, func(r *Record) { r.Beacon.Randomness[0]++ }))
	add("a beacon that the forger owns", StepBeacon, recordQuestion{Record: roll(10, fullRules(), ownSource("forger")).json(t, 0)})
	add("the beacon left out of the draw", StepRecord, forged(first, func(r *Record) { r.Beacon = nil }))
	add("the beacon left out of both", StepPicks, forged(first, func(r *Record) { r.Beacon, r.Freeze.Beacon = nil, nil }))
	add("the beacon left out from now on", StepHistory, after(recordQuestion{Record: roll(10, fullRules(), nil).json(t, 1)}, texts[0]))

	list := ra.entrants(t, 0)
	lines := strings.SplitAfter(strings.TrimSuffix(list, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	for name, text := range map[string]string{
		"an entrant left out":                   strings.Join(slices.Delete(slices.Clone(lines), 3, 4), ""),
		"an entrant added":                      list + lines[1],
		"the list of another freeze":            ra.entrants(t, 2),
		"two entrants swapped":                  lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], ""),
		"a handle changed in the list":          strings.Replace(list, "Teal Otter", "Teal Kitten", 1),
		"one who can win after all":             strings.Replace(list, SkipLate, "", 1),
		"a line of the list that is no entrant": list + "{}\n",
	} {
		add(name, StepEntrants, recordQuestion{Record: texts[0], List: text})
	}
	return all
}

// ruled is the raffle of newRaffle with another prize to come.
func ruled(t *testing.T) raffle {
	t.Helper()
	rules := fullRules()
	rules.Prizes[1] = "A car"
	return roll(10, rules, quicknetSource())
}

func TestForgeries(t *testing.T) {
	var names, want []string
	var questions []recordQuestion
	for _, f := range makeSwaps(t) {
		names, questions, want = append(names, f.Name), append(questions, f.recordQuestion), append(want, f.Step)
	}
	checkBoth(t, names, questions, want)
}
