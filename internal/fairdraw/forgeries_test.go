package fairdraw

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// forgery is a record that passes a careless verifier, with what is known besides.
type forgery struct {
	Finding string `json:"finding"` // of the review that made it first
	Name    string `json:"name"`
	recordQuestion
	Step string `json:"step"` // the first that has to fail
}

// picksOf makes a record of a freeze that a forger likes, of a draw that is no redraw:
// everything is consistent.
func picksOf(r *Record, list *List, reason func(pos int) string) *Record {
	r.Freeze.Seal(list)
	picks := Select(r.Seed, r.Freeze.Hash, r.Freeze.Size, r.Element, r.Beacon.Bytes(), r.Freeze.Rules.Wanted, reason)
	m := Record{Code: r.Code, Title: r.Title, Draw: r.Draw, Element: r.Element, Freeze: r.Freeze, Previous: r.Previous, Seed: r.Seed, Beacon: r.Beacon, Prize: r.Prize}
	return NewRecord(m, list, picks, "", nil)
}

// unsorted is a list whose entrants stand as a forger likes.
func unsorted(leaves []Leaf) *List {
	var order []uint32
	for i := range leaves {
		order = append(order, uint32(i))
	}
	return build(func(i int) Leaf { return leaves[i] }, order)
}

// resized claims another size for a list of 12, whose tree has the same path to the
// winner: nil where that has none.
func resized(t *testing.T, r *Record, list *List, size int) *Record {
	forged := *r
	forged.Freeze.Size = size
	forged.Freeze.Hash = forged.Freeze.sum()
	pos := Select(r.Seed, forged.Freeze.Hash, size, 1, nil, 1, nil)[0].Pos
	if pos >= list.Size() {
		return nil
	}
	place := placeAt(list, pos)
	if !CheckProof(place.Proof, list.Root(), size, pos, place.Leaf) {
		return nil
	}
	forged.Winners = []Place{place}
	forged.Digest = forged.digest()
	return &forged
}

func entrantsText(t *testing.T, r *Record, list *List) string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteEntrants(&buf, r, list); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func makeForgeries(t *testing.T) (all []forgery) {
	add := func(finding, name, step string, q recordQuestion) {
		all = append(all, forgery{finding, name, q, step})
	}
	ra, plain := newRaffle(10), newPlainRaffle(10)
	first, second, third := ra.records[0], ra.records[1], ra.records[2]
	texts := []string{ra.json(t, 0), ra.json(t, 1), ra.json(t, 2)}
	told := Fingerprint(first.Freeze.Hash)
	chain := NewChain([]byte("a signing key of a test"), testUID, 3, 1)
	fit := func(int) string { return "" }

	// F-1: another size under the same root.
	twelve := NewList(12, entrant)
	one := *plain.records[0]
	one.Freeze.Rules = Rules{Wanted: 1, Prizes: []string{}}
	small := picksOf(&one, twelve, fit)
	found := 0
	for size := 9; size <= 15; size++ {
		r := resized(t, small, twelve, size)
		if size == 12 || r == nil || r.Winners[0].Ticket == small.Winners[0].Ticket {
			continue
		}
		found++
		text := sealedText(t, r)
		if step := firstFailure(recordQuestion{Record: text}.check(t)); step != "" {
			t.Errorf("a list of 12 as one of %d: a record alone fails at %q, so it forges nothing", size, step)
		}
		name := fmt.Sprintf("a list of 12 as one of %d, with another winner", size)
		add("F-1", name+", told the freeze hash", StepToldFreeze, recordQuestion{Record: text, Freeze: Fingerprint(small.Freeze.Hash)})
		add("F-1", name+", with the whole list", StepEntrants, recordQuestion{Record: text, List: entrantsText(t, r, twelve)})
		kept := *r
		kept.Freeze.Hash = small.Freeze.Hash
		add("F-1", name+", under the true freeze's hash", StepFreeze, recordQuestion{Record: sealedText(t, &kept), Freeze: small.Freeze.Hash.String()})
	}
	if found == 0 {
		t.Error("no other size of the list has another winner that can be shown")
	}

	// F-2: two freezes that share 48 bits.
	a, b := *plain.records[0], *newPlainRaffle(9).records[0]
	a.Freeze.At += collidingA
	b.Freeze.At += collidingB
	ca, cb := picksOf(&a, NewList(10, plainEntrant), fit), picksOf(&b, NewList(9, plainEntrant), fit)
	short := Fingerprint(ca.Freeze.Hash)[:14]
	if short != Fingerprint(cb.Freeze.Hash)[:14] || ca.Winners[0].Ticket == cb.Winners[0].Ticket {
		t.Errorf("%s and %s do not collide with different winners", Fingerprint(ca.Freeze.Hash), Fingerprint(cb.Freeze.Hash))
	}
	add("F-2", "a freeze of the same 12 digits, told 12", StepToldFreeze, recordQuestion{Record: sealedText(t, cb), Freeze: short})
	add("F-2", "a freeze of the same 12 digits, told 32", StepToldFreeze, recordQuestion{Record: sealedText(t, cb), Freeze: Fingerprint(ca.Freeze.Hash)})
	add("F-2", "a commitment of 12 digits", StepToldPromise, recordQuestion{Record: texts[0], Commitment: first.Freeze.Commitment.String()[:12]})
	add("F-2", "a freeze of 63 digits", StepToldFreeze, recordQuestion{Record: texts[0], Freeze: first.Freeze.Hash.String()[:63]})

	// F-3: skips until the chosen one comes up.
	chosen := *plain.records[0]
	come := Select(chosen.Seed, chosen.Freeze.Hash, 10, 1, nil, 5, nil)
	chosen.Winners, chosen.Skips = nil, []Skip{}
	for i, p := range come {
		if place := placeAt(plain.lists[0], p.Pos); i < 2 {
			chosen.Skips = append(chosen.Skips, Skip{place, SkipElsewhere(1)})
		} else {
			chosen.Winners = append(chosen.Winners, place)
		}
	}
	add("F-3", "chosen skips", StepSkips, recordQuestion{Record: sealedText(t, &chosen)})
	for i := range chosen.Skips {
		chosen.Skips[i].Unfit = SkipElsewhere(1)
	}
	chosen.Skips = slices.Clone(chosen.Skips)
	add("F-3", "chosen skips, with leaves to match", StepSkips, recordQuestion{Record: sealedText(t, &chosen)})

	// F-4: any element of the chain.
	for element := 3; element <= 5; element++ {
		r := *plain.records[0]
		r.Draw, r.Element, r.Previous, r.Seed = 9, element, chain.Element(element-1), chain.Element(element)
		add("F-4", fmt.Sprintf("element %d as the second draw of the freeze", element), StepHistory,
			recordQuestion{Record: sealedText(t, picksOf(&r, plain.lists[0], fit)), Earlier: []string{plain.json(t, 0)}, Freeze: plain.records[0].Freeze.Hash.String()})
		r.Freeze.Draws = element - 1
		add("F-4", fmt.Sprintf("element %d as the first draw of the freeze", element), StepToldFreeze,
			recordQuestion{Record: sealedText(t, picksOf(&r, plain.lists[0], fit)), Freeze: plain.records[0].Freeze.Hash.String()})
	}

	// F-5: a round that suits.
	late := *first
	late.Beacon = quicknetSource().beacon(1)
	add("F-5", "a late round for the first draw", StepRound, recordQuestion{Record: sealedText(t, &late)})
	late.Beacon.Asked = first.Freeze.At
	add("F-5", "a late round for the time of the freeze", StepRound, recordQuestion{Record: sealedText(t, &late)})
	late.Beacon = quicknetSource().beacon(1)
	late.Freeze.At, late.Freeze.Beacon = late.Beacon.Asked, &FreezeBeacon{first.Freeze.Beacon.Chain, late.Beacon.Round}
	why := func(pos int) string { return ra.lists[0].Leaf(pos).Unfit }
	add("F-5", "a late freeze", StepToldFreeze, recordQuestion{Record: sealedText(t, picksOf(&late, ra.lists[0], why)), Freeze: told})
	add("F-5", "a late freeze, told the round alone", StepToldRound, recordQuestion{Record: sealedText(t, picksOf(&late, ra.lists[0], why)), Round: 1})
	asked := *second
	asked.Beacon = quicknetSource().beacon(2)
	add("F-5", "a late asking", StepToldRound, recordQuestion{Record: sealedText(t, &asked), Freeze: told, Round: 10})
	early := *second
	early.Beacon = quicknetSource().beacon(0)
	early.Beacon.Asked -= 9_000
	add("F-5", "asked for before the freeze", StepRound, recordQuestion{Record: sealedText(t, &early)})

	// F-6: another pseudonym, once the nonce is known, is another ticket in the list.
	swapped := *plain.records[0]
	reroll := NewList(10, func(i int) Leaf {
		l := plainEntrant(i)
		if i == 4 {
			l.Ticket = MakeTicket(testUID, 3, 1, [16]byte{0xbb}, [16]byte{15: 4})
		}
		return l
	})
	add("F-6", "a pseudonym chosen again", StepToldFreeze, recordQuestion{Record: sealedText(t, picksOf(&swapped, reroll, fit)), Freeze: plain.records[0].Freeze.Hash.String()})

	// F-7 is TestTamperedFields and TestTamperedFreeze.

	// F-8: earlier records that are none.
	add("F-8", "a winner dropped from an earlier record", StepHistory, recordQuestion{Record: texts[2], Earlier: []string{
		texts[1], resealed(t, first, func(r *Record) { r.Winners = r.Winners[1:] })}})
	add("F-8", "an earlier record with a wrong digest", StepHistory, recordQuestion{Record: texts[1], Earlier: []string{
		strings.Replace(texts[0], `"title":"D`, `"title":"d`, 1)}})
	add("F-8", "a winner renamed in an earlier record", StepHistory, recordQuestion{Record: texts[1], Earlier: []string{
		resealed(t, first, func(r *Record) { r.Winners[0].Handle += "!" })}})
	add("F-8", "an earlier record with a member twice", StepHistory, recordQuestion{Record: texts[1], Earlier: doubled(t, texts[0])[:1]})
	add("F-8", "an earlier record that is missing", StepHistory, recordQuestion{Record: texts[2], Earlier: texts[1:2]})
	add("F-8", "an earlier record that stands twice", StepHistory, recordQuestion{Record: texts[2], Earlier: []string{texts[0], texts[0]}})
	add("F-8", "an earlier record of another run", StepHistory, recordQuestion{Record: texts[1], Earlier: []string{plain.json(t, 0)}})

	// F-9: first draws that cannot be.
	won := picksOf(ptr(*plain.records[0]), plain.lists[0], func(pos int) string {
		if pos == come[0].Pos {
			return SkipWon
		}
		return ""
	})
	add("F-9", "a first draw that skips one who won before", StepHistory, recordQuestion{Record: sealedText(t, won)})
	for i := range won.Skips {
		won.Skips[i].Reason = SkipVoided
	}
	add("F-9", "a first draw that skips a voided ticket", StepHistory, recordQuestion{Record: sealedText(t, won)})
	back := *plain.records[0]
	loser := come[4].Pos
	back.Returned = []Skip{{placeAt(plain.lists[0], loser), "why not"}}
	add("F-9", "a first draw after a ticket was given back", StepHistory, recordQuestion{Record: sealedText(t, &back)})
	redraw := *plain.records[0]
	redraw.Winners = redraw.Winners[:1]
	redraw.Voided, redraw.Reason = ptr(placeAt(plain.lists[0], loser)), "why not"
	add("F-9", "a first draw that is a redraw", StepHistory, recordQuestion{Record: sealedText(t, &redraw)})

	// F-10: places that cannot be.
	self := *second
	self.Voided = ptr(self.Winners[0])
	add("F-10", "a redraw won by the ticket that it voids", StepOrder, recordQuestion{Record: sealedText(t, &self), Earlier: texts[:1]})
	add("F-10", "an element above the draw's number", StepRecord, recordQuestion{Record: resealed(t, second, func(r *Record) { r.Draw = 1 })})
	leaves := make([]Leaf, 10)
	for pos := range leaves {
		leaves[pos] = plain.lists[0].Leaf(pos)
	}
	slices.Reverse(leaves)
	add("F-10", "tickets that fall with their positions", StepOrder, recordQuestion{Record: sealedText(t, picksOf(ptr(*plain.records[0]), unsorted(leaves), fit))})
	for pos := range leaves {
		leaves[pos] = plain.lists[0].Leaf(4)
	}
	add("F-10", "one ticket at all positions", StepOrder, recordQuestion{Record: sealedText(t, picksOf(ptr(*plain.records[0]), unsorted(leaves), fit))})
	add("F-10", "nobody in the list", StepRecord, recordQuestion{Record: resealed(t, plain.records[0], func(r *Record) {
		r.Freeze.Size, r.Freeze.Root, r.Winners = 0, Hash(tlog.Hash{}), []Place{}
	})})

	// F-11: what the run's records say of each other.
	relist := func(reasons map[string]string) *List {
		return ra.lists[2].Relist(func(i int) Leaf {
			l := ra.lists[2].leaf(i)
			if reason, is := reasons[l.Unfit]; is {
				l.Unfit = reason
			}
			return l
		})
	}
	for _, f := range []struct {
		name    string
		reasons map[string]string
	}{
		{"those who had not checked in can win later", map[string]string{SkipNotHere: "", SkipLate: ""}},
		{"won before in a draw of the same run", map[string]string{SkipElsewhere(7): SkipElsewhere(5)}},
	} {
		list := relist(f.reasons)
		r := *third
		spent := map[Ticket]string{}
		for _, s := range third.Skips {
			if s.Unfit == "" {
				spent[s.Ticket] = s.Reason
			}
		}
		r.Freeze.Seal(list)
		picks := Select(r.Seed, r.Freeze.Hash, 10, 3, r.Beacon.Bytes(), 3, func(pos int) string {
			l := list.Leaf(pos)
			if l.Unfit != "" {
				return l.Unfit
			}
			return spent[l.Ticket]
		})
		returned := []Return{{third.Returned[0].Ticket, third.Returned[0].Reason}}
		m := Record{Code: r.Code, Title: r.Title, Draw: r.Draw, Element: 3, Freeze: r.Freeze, Previous: r.Previous, Seed: r.Seed, Beacon: r.Beacon, Prize: r.Prize}
		text := sealedText(t, NewRecord(m, list, picks, "", returned))
		if step := firstFailure(recordQuestion{Record: text}.check(t)); step != "" {
			t.Errorf("%s: a record alone fails at %q", f.name, step)
		}
		add("F-11", f.name, StepHistory, recordQuestion{Record: text, Earlier: texts[:2]})
	}

	// F-12: what two readers read as two things; the rest is TestStrictJSON.
	add("F-12", "null for an empty list", StepRecord, recordQuestion{Record: strings.Replace(texts[0], `"returned":[]`, `"returned":null`, 1)})
	add("F-12", "a seed that stands twice", StepRecord, recordQuestion{Record: strings.Replace(texts[0], `"seed":`, `"seed":"`+seedOf(1).String()+`","seed":`, 1)})
	add("F-12", "-0", StepRecord, recordQuestion{Record: strings.Replace(plain.json(t, 0), `"took_part":0`, `"took_part":-0`, 1)})
	add("F-12", "10.0", StepRecord, recordQuestion{Record: strings.Replace(texts[0], `"size":10`, `"size":10.0`, 1)})
	add("F-12", "a redraw without a reason", StepRecord, recordQuestion{Record: strings.Replace(texts[1], `"reason":"went home",`, ``, 1)})
	lines := strings.SplitAfter(strings.TrimSuffix(ra.entrants(t, 0), "\n"), "\n")
	add("F-12", "a handle that stands twice in the list", StepEntrants, recordQuestion{Record: texts[0],
		List: lines[0] + strings.Replace(lines[1], `"handle":`, `"handle":"A friend","handle":`, 1) + strings.Join(lines[2:], "")})
	add("F-12", "a list's head with a wrong root", StepEntrants, recordQuestion{Record: texts[0],
		List: strings.Replace(ra.entrants(t, 0), first.Freeze.Root.String(), seedOf(1).String(), 1)})
	return append(all, makeRunForgeries(t)...)
}

func ptr[T any](v T) *T { return &v }

// plainEntrant is whom the lists of newPlainRaffle hold.
func plainEntrant(i int) Leaf {
	l := foreignEntrant(i)
	l.Unfit = ""
	return l
}

// collidingA and collidingB added to the times of two freezes, of lists of ten and of
// nine, give them hashes of the same first 48 bits. It took four minutes to find them.
const (
	collidingA = 24_700_231
	collidingB = 4_324_041
)

// TestFindings pins what an independent verifier found that version 1 let pass.
func TestFindings(t *testing.T) {
	forgeries := makeForgeries(t)
	golden(t, "forgeries.json", indented(t, forgeries))
	var names, want []string
	var questions []recordQuestion
	for _, f := range forgeries {
		names, questions, want = append(names, f.Finding+": "+f.Name), append(questions, f.recordQuestion), append(want, f.Step)
	}
	checkBoth(t, names, questions, want)
}
