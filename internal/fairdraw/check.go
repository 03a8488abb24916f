package fairdraw

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxInteger is the largest integer that JavaScript holds exactly.
const maxInteger = 1<<53 - 1

func formError(r *Record) error {
	switch {
	case r.Version != RecordVersion:
		return fmt.Errorf("this is a record of version %d, and only version %d can be checked here", r.Version, RecordVersion)
	case (r.Beacon == nil) != (r.Freeze.Beacon == nil):
		return errors.New("the draw has to have a beacon where the freeze has one, and nowhere else")
	case (r.Voided == nil) != (r.Reason == ""):
		return errors.New("a redraw names the ticket given back and a reason, any other draw neither")
	}
	for _, s := range slices.Concat(r.Skips, r.Returned) {
		if s.Reason == "" {
			return fmt.Errorf("%s (%s) is passed over, or gave the ticket back, without a reason", s.Handle, s.Ticket.Short())
		}
	}
	return rangeError(r)
}

// rangeError says which integer of a record is not within its range.
func rangeError(r *Record) error {
	type ranged struct {
		name           string
		n, least, most int
	}
	f := &r.Freeze
	numbers := []ranged{
		{"freeze/activity", f.Activity, 1, maxInteger},
		{"freeze/run", f.Run, 1, maxInteger},
		{"freeze/number", f.Number, 1, maxInteger},
		{"freeze/draws", f.Draws, 0, ChainLength - 1},
		{"freeze/at", f.At, 0, maxInteger},
		{"freeze/size", f.Size, 1, 1<<32 - 1},
		{"freeze/rules/took_part", f.Rules.TookPart, 0, maxInteger},
		{"freeze/rules/joined_before", f.Rules.JoinedBefore, 0, maxInteger},
		{"freeze/rules/wanted", f.Rules.Wanted, 1, maxInteger},
		{"element", r.Element, f.Draws + 1, ChainLength},
		{"draw", r.Draw, r.Element, maxInteger},
		{"number of winners", len(r.Winners), 1, maxInteger},
	}
	if r.Beacon != nil {
		numbers = append(numbers, ranged{"freeze/beacon/round", f.Beacon.Round, 1, maxInteger},
			ranged{"beacon/asked", r.Beacon.Asked, 0, maxInteger}, ranged{"beacon/round", r.Beacon.Round, 1, maxInteger})
	}
	for _, p := range r.places() {
		numbers = append(numbers, ranged{"position", p.Position, 0, 1<<32 - 2})
	}
	for _, n := range numbers {
		if n.n < n.least || n.n > n.most {
			return fmt.Errorf("%s is %d, not within %d to %d", n.name, n.n, n.least, n.most)
		}
	}
	return nil
}

// told compares a hash with what people saw of it before.
func (v *verifier) told(name, what, told string, is Hash) {
	if told == "" {
		v.unchecked(name, fmt.Sprintf("no %s was given that was noted before", what))
		return
	}
	digits := strings.ToLower(strings.NewReplacer(" ", "", "-", "", "·", "").Replace(told))
	var err error
	switch {
	case len(digits) != 32 && len(digits) != 64:
		err = fmt.Errorf("%q is neither the whole hash nor its first 32 hex digits", told)
	case !strings.HasPrefix(is.String(), digits):
		err = fmt.Errorf("shown before was %s, the record says %v", told, is)
	}
	v.step(name, told, is.String(), err, "this is what was shown before the draw")
}

func (v *verifier) toldRound(told int) {
	b := v.r.Beacon
	switch {
	case b == nil && told == 0:
	case told == 0:
		v.unchecked(StepToldRound, "no round was given that was noted before its time")
	case b == nil:
		v.step(StepToldRound, fmt.Sprint(told), "none", errors.New("a round was shown before, but no beacon went into the draw"), "")
	default:
		v.step(StepToldRound, fmt.Sprint(told), fmt.Sprint(b.Round),
			unless(b.Round == told, "shown before was round %d, the record says %d", told, b.Round), "this is the round that was shown before its time")
	}
}

// unless is an error where something does not hold.
func unless(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// fixed checks that the seed and the freeze are those that were fixed before.
func (v *verifier) fixed() {
	r, f := v.r, &v.r.Freeze
	hash, start, sum := Rewind(r.Seed, 1), Rewind(r.Previous, r.Element-1), f.sum()
	v.step(StepSeed, r.Seed.String(), hash.String(),
		unless(hash == r.Previous, "the seed hashes to %v, but the chain element before it is %v", hash, r.Previous),
		"the seed is the secret that the chain promised for this draw")
	v.step(StepCommitment, r.Previous.String(), start.String(),
		unless(start == f.Commitment, "%d steps back from the element before the seed stands %v, not the commitment %v", r.Element-1, start, f.Commitment),
		fmt.Sprintf("seed %d of the chain that was fixed before the first entry", r.Element))
	v.step(StepFreeze, fmt.Sprintf("freeze %d of run %d", f.Number, f.Run), sum.String(),
		unless(sum == f.Hash, "the freeze adds up to %v, but says %v", sum, f.Hash),
		"list, rules and what else was fixed before the draw are those of this freeze: "+Fingerprint(f.Hash))
}

func (v *verifier) placeError(p Place) error {
	if !CheckProof(p.Proof, v.r.Freeze.Root, v.r.Freeze.Size, p.Position, p.Leaf) {
		return fmt.Errorf("%s (%s) is not shown to stand at position %d of the frozen list", p.Handle, p.Ticket.Short(), p.Position)
	}
	if err := v.r.unfitError(p.Unfit); err != nil {
		return fmt.Errorf("%s (%s) cannot win: %w", p.Handle, p.Ticket.Short(), err)
	}
	return nil
}

// places checks places one by one, each with what more there is to check.
func (v *verifier) places(name string, places []Place, more func(i int) error, shows string) {
	var err error
	for i, p := range places {
		if err = v.placeError(p); err == nil && more != nil {
			err = more(i)
		}
		if err != nil {
			break
		}
	}
	v.step(name, tickets(places), v.r.Freeze.Root.String(), err, fmt.Sprintf("%d %s", len(places), shows))
}

// named checks everybody whom the record names, one by one and together.
func (v *verifier) named() {
	r := v.r
	v.places(StepWinners, r.Winners, func(i int) error {
		w := r.Winners[i]
		return unless(w.Unfit == "", "%s (%s) wins, but cannot: %s", w.Handle, w.Ticket.Short(), w.Unfit)
	}, "proven to stand in the frozen list as one who can win")
	v.places(StepSkips, placesOf(r.Skips), func(i int) error {
		s := r.Skips[i]
		known := s.Reason == s.Unfit || s.Unfit == "" && (s.Reason == SkipWon || s.Reason == SkipVoided)
		return unless(known, "%s (%s) was passed over as %q, which neither the frozen list nor the run gives", s.Handle, s.Ticket.Short(), s.Reason)
	}, "passed over, each with a reason")
	if len(r.Returned) > 0 {
		v.places(StepReturned, placesOf(r.Returned), nil, "given back since the draw before, proven to stand in the frozen list")
	}
	if r.Voided != nil {
		v.places(StepVoided, []Place{*r.Voided}, nil, "given back by this redraw, proven to stand in the frozen list")
	}
	places := r.places()
	v.step(StepOrder, tickets(places), fmt.Sprintf("%d places", len(places)), orderError(r, places), "tickets rise with their positions, and none that is given back wins")
}

func placesOf(skips []Skip) []Place {
	places := make([]Place, len(skips))
	for i, s := range skips {
		places[i] = s.Place
	}
	return places
}

// orderError says why places do not fit together.
// oneListError says which two places cannot stand in one list. It sorts them.
func oneListError(places []Place) error {
	slices.SortStableFunc(places, func(a, b Place) int { return a.Position - b.Position })
	for i := 1; i < len(places); i++ {
		a, b := places[i-1], places[i]
		if a.Position == b.Position && a.Leaf != b.Leaf || a.Position < b.Position && a.Ticket.Compare(b.Ticket) >= 0 {
			return fmt.Errorf("%v at position %d and %v at position %d cannot stand in one list", a.Ticket, a.Position, b.Ticket, b.Position)
		}
	}
	return nil
}

func orderError(r *Record, places []Place) error {
	if err := oneListError(places); err != nil {
		return err
	}
	seen := map[Ticket]bool{}
	for _, w := range r.Winners {
		seen[w.Ticket] = true
	}
	for _, back := range r.GivenBack() {
		if seen[back] {
			return fmt.Errorf("%v is given back twice, or wins as it is given back", back)
		}
		seen[back] = true
	}
	return nil
}

// picks repeats the draw as far as the record tells it, and adds it all up.
func (v *verifier) picks() {
	r := v.r
	came, err := repeatError(r)
	v.step(StepPicks, fmt.Sprintf("seed %v, freeze %v, size %d, element %d", r.Seed, r.Freeze.Hash, r.Freeze.Size, r.Element),
		"positions "+strings.Join(came, ", "), err, "the seed and the freeze lead to exactly these, in this order")
	digest := r.digest()
	v.step(StepDigest, "all of the record", digest.String(),
		unless(digest == r.Digest, "the record adds up to %v, but says %v: it was changed after it was written", digest, r.Digest),
		"this copy is as it was written")
}

// repeatError says where the draw came to another position than its record names, and
// to which positions it came until then.
func repeatError(r *Record) (came []string, err error) {
	up := newDrum(r.Seed, r.Freeze.Hash, r.Freeze.Size, r.Element, r.Beacon.Bytes())
	winners, skips := 0, 0
	for winners+skips < len(r.Winners)+len(r.Skips) {
		if up.left == 0 || winners == r.Wanted() {
			return came, fmt.Errorf("the draw was over after %d winners and %d skips, but the record names more", winners, skips)
		}
		pos := up.next()
		came = append(came, fmt.Sprint(pos))
		switch {
		case winners < len(r.Winners) && r.Winners[winners].Position == pos:
			winners++
		case skips < len(r.Skips) && r.Skips[skips].Position == pos:
			skips++
		default:
			return came, fmt.Errorf("position %d comes up after %d winners and %d skips, but the record names another", pos, winners, skips)
		}
	}
	if winners < r.Wanted() && up.left > 0 {
		return came, fmt.Errorf("the draw stopped after %d of %d winners with %d entrants left", winners, r.Wanted(), up.left)
	}
	return came, nil
}

func tickets(places []Place) string {
	s := make([]string, len(places))
	for i, p := range places {
		s[i] = p.Ticket.String()
	}
	return strings.Join(s, ", ")
}
