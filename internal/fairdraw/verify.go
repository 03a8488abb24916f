package fairdraw

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"drumroll/internal/beacon"
)

// The steps of a verification, in order. Those marked with * are made only when
// there is something to check.
const (
	StepRecord      = "record"       // the record is of a known version and well formed
	StepToldPromise = "told promise" // * the commitment is the one shown before the first entry
	StepToldList    = "told list"    // * the root is the one shown before the draw
	StepSeed        = "seed"         // the seed's hash is the chain element before it
	StepCommitment  = "commitment"   // and that one leads back to the commitment
	StepBeacon      = "beacon"       // * the public randomness is the beacon's
	StepWinners     = "winners"      // each winner stands in the frozen list
	StepSkips       = "skips"        // so does each entrant passed over, with a reason that the rules give
	StepReturned    = "returned"     // * so does each winner whose ticket was given back since the draw before
	StepVoided      = "voided"       // * so does the winner that a redraw replaces
	StepPicks       = "picks"        // the seed leads to these, in this order
	StepCount       = "count"        // as many as were wanted, or everybody
	StepHistory     = "history"      // * the earlier draws of the run agree
	StepDigest      = "digest"       // the record is as it was written
	StepEntrants    = "entrants"     // * the whole list has this root and size
)

// Step is one check: what went in, what came out, and in words what it shows
// or why it failed.
type Step struct {
	Name   string
	OK     bool
	In     string
	Out    string
	Detail string
}

// Known is what a verifier has beside the record. Every part may be missing;
// what is there is checked too.
type Known struct {
	// Commitment and Root as they were shown before: hex in any case and
	// grouping, 12 digits (a fingerprint) or more.
	Commitment, Root string
	// Earlier holds the records of all earlier draws of the same run; nil if
	// they are not at hand.
	Earlier []*Record
	// Entrants is the whole list; it is read to its end.
	Entrants *Entrants
	// Chains are beacons that are known beside drand's quicknet.
	Chains []beacon.Chain
}

// Verify recomputes everything that a record says. The record is true to the
// scheme if every step is OK. If the first step fails it is the only one.
func Verify(r *Record, known Known) []Step {
	v := verifier{r: r}
	if v.form(); !v.steps[0].OK {
		return v.steps
	}
	if known.Commitment != "" {
		v.told(StepToldPromise, known.Commitment, r.Commitment)
	}
	if known.Root != "" {
		v.told(StepToldList, known.Root, r.Root)
	}
	v.seed()
	v.commitment()
	v.beacon(known.Chains)
	v.places(StepWinners, r.Winners)
	v.skips()
	if len(r.Returned) > 0 {
		v.returned()
	}
	if r.Voided != nil {
		v.places(StepVoided, []Place{*r.Voided})
	}
	v.picks()
	v.count()
	if known.Earlier != nil {
		v.history(known.Earlier)
	}
	v.digest()
	if known.Entrants != nil {
		v.entrants(known.Entrants)
	}
	return v.steps
}

// Check is Verify of a record's JSON. What cannot be read fails the first step.
func Check(data []byte, known Known) []Step {
	r, err := ParseRecord(data)
	if err != nil {
		return []Step{{Name: StepRecord, Detail: err.Error()}}
	}
	return Verify(r, known)
}

// OK reports whether all steps are.
func OK(steps []Step) bool {
	for _, s := range steps {
		if !s.OK {
			return false
		}
	}
	return len(steps) > 0
}

// Report writes one line per step and returns w's first error.
func Report(w io.Writer, steps []Step) error {
	for _, s := range steps {
		mark := "ok  "
		if !s.OK {
			mark = "FAIL"
		}
		if _, err := fmt.Fprintf(w, "%s  %-12s  %s\n", mark, s.Name, s.Detail); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

type verifier struct {
	r     *Record
	steps []Step
}

// step notes a check's outcome: shows says what a success means, err what failed.
func (v *verifier) step(name, in, out string, err error, shows string) {
	s := Step{Name: name, OK: err == nil, In: in, Out: out, Detail: shows}
	if err != nil {
		s.Detail = err.Error()
	}
	v.steps = append(v.steps, s)
}

// maxInteger is the largest integer that JavaScript holds exactly.
const maxInteger = 1<<53 - 1

func (v *verifier) form() {
	r := v.r
	v.step(StepRecord, fmt.Sprintf("event %s, raffle %d, run %d, draw %d", r.Code, r.Activity, r.Run, r.Draw),
		fmt.Sprintf("version %d", r.Version), formError(r), "the record is complete and well formed")
}

func formError(r *Record) error {
	if r.Version != RecordVersion {
		return fmt.Errorf("this is a record of version %d, and only version %d can be checked here", r.Version, RecordVersion)
	}
	for _, n := range []struct {
		name           string
		n, least, most int
	}{
		{"activity", r.Activity, 0, maxInteger},
		{"run", r.Run, 0, maxInteger},
		{"draw", r.Draw, 1, maxInteger},
		{"element", r.Element, 1, ChainLength},
		{"size", r.Size, 0, 1<<32 - 1},
		{"wanted", r.Wanted, 1, maxInteger},
		{"shortfall", r.Shortfall, 0, maxInteger},
		{"rules/took_part", r.Rules.TookPart, 0, maxInteger},
		{"rules/joined_before", r.Rules.JoinedBefore, 0, maxInteger},
	} {
		if n.n < n.least || n.n > n.most {
			return fmt.Errorf("%s is %d, not within %d to %d", n.name, n.n, n.least, n.most)
		}
	}
	if r.Beacon != nil && (r.Beacon.Round < 1 || r.Beacon.Round > maxInteger) {
		return fmt.Errorf("round is %d, not within 1 to %d", r.Beacon.Round, maxInteger)
	}
	for _, s := range r.Returned {
		if s.Reason == "" {
			return fmt.Errorf("%s (%s) gave the ticket back without a reason", s.Handle, s.Ticket.Short())
		}
	}
	if r.Voided == nil && r.Reason != "" {
		return errors.New("there is a reason for giving a winner's ticket back, but no such ticket")
	}
	return nil
}

// told compares a hash with what people saw of it before.
func (v *verifier) told(name, told string, is Hash) {
	digits := strings.ToLower(strings.NewReplacer(" ", "", "-", "", "·", "").Replace(told))
	var err error
	switch {
	case len(digits) < 12:
		err = fmt.Errorf("%q has fewer than 12 hex digits: too few to compare", told)
	case !strings.HasPrefix(is.String(), digits):
		err = fmt.Errorf("shown before was %s, the record says %v", told, is)
	}
	v.step(name, told, is.String(), err, "this is what was shown before the draw")
}

func (v *verifier) seed() {
	hash := Rewind(v.r.Seed, 1)
	var err error
	if hash != v.r.Previous {
		err = fmt.Errorf("the seed hashes to %v, but the chain element before it is %v", hash, v.r.Previous)
	}
	v.step(StepSeed, v.r.Seed.String(), hash.String(), err, "the seed is the secret that the chain promised for this draw")
}

func (v *verifier) commitment() {
	start := Rewind(v.r.Previous, v.r.Element-1)
	var err error
	if start != v.r.Commitment {
		err = fmt.Errorf("%d steps back from the element before the seed stands %v, not the commitment %v", v.r.Element-1, start, v.r.Commitment)
	}
	v.step(StepCommitment, v.r.Previous.String(), start.String(), err,
		fmt.Sprintf("seed %d of the chain that was fixed before the first entry", v.r.Element))
}

func (v *verifier) placeError(p Place) error {
	if !CheckProof(p.Proof, v.r.Root, v.r.Size, p.Position, p.Leaf) {
		return fmt.Errorf("%s (%s) is not shown to stand at position %d of the frozen list", p.Handle, p.Ticket.Short(), p.Position)
	}
	return nil
}

func (v *verifier) places(name string, places []Place) {
	var err error
	for _, p := range places {
		if err = v.placeError(p); err != nil {
			break
		}
	}
	v.step(name, tickets(places), v.r.Root.String(), err, fmt.Sprintf("%d proven to stand in the frozen list of %d", len(places), v.r.Size))
}

func (v *verifier) skips() {
	var err error
	places := make([]Place, len(v.r.Skips))
	for i, s := range v.r.Skips {
		places[i] = s.Place
		if why := v.r.skipError(s.Reason); why != nil && err == nil {
			err = fmt.Errorf("%s (%s) was passed over: %w", s.Handle, s.Ticket.Short(), why)
		}
		if err == nil {
			err = v.placeError(s.Place)
		}
	}
	v.step(StepSkips, tickets(places), v.r.Root.String(), err, fmt.Sprintf("%d passed over, each with a reason and proven to stand in the list", len(places)))
}

func (v *verifier) returned() {
	places := make([]Place, len(v.r.Returned))
	for i, s := range v.r.Returned {
		places[i] = s.Place
	}
	v.places(StepReturned, places)
}

// picks repeats the draw as far as the record tells it.
func (v *verifier) picks() {
	r := v.r
	var came []string
	v.step(StepPicks, fmt.Sprintf("seed %v, root %v, size %d, element %d", r.Seed, r.Root, r.Size, r.Element), "",
		v.repeat(func(pos int) { came = append(came, fmt.Sprint(pos)) }), "the seed and the frozen list lead to exactly these, in this order")
	v.steps[len(v.steps)-1].Out = "positions " + strings.Join(came, ", ")
}

func (v *verifier) repeat(came func(pos int)) error {
	r := v.r
	up := newDrum(r.Seed, r.Root, r.Size, r.Element, r.Beacon.bytes())
	winners, skips := 0, 0
	for winners+skips < len(r.Winners)+len(r.Skips) {
		if up.left == 0 || winners == r.Wanted {
			return fmt.Errorf("the draw was over after %d winners and %d skips, but the record names more", winners, skips)
		}
		pos := up.next()
		came(pos)
		switch {
		case winners < len(r.Winners) && r.Winners[winners].Position == pos:
			winners++
		case skips < len(r.Skips) && r.Skips[skips].Position == pos:
			skips++
		default:
			return fmt.Errorf("position %d comes up after %d winners and %d skips, but the record names another", pos, winners, skips)
		}
	}
	if winners < r.Wanted && up.left > 0 {
		return fmt.Errorf("the draw stopped after %d of %d winners with %d entrants left", winners, r.Wanted, up.left)
	}
	return nil
}

func (v *verifier) count() {
	r := v.r
	var err error
	if len(r.Winners)+r.Shortfall != r.Wanted {
		err = fmt.Errorf("%d wanted, but %d winners and %d missing", r.Wanted, len(r.Winners), r.Shortfall)
	}
	shows := "as many winners as wanted"
	if r.Shortfall > 0 {
		shows = fmt.Sprintf("%d fewer than wanted, since nobody was left", r.Shortfall)
	}
	v.step(StepCount, fmt.Sprintf("%d wanted", r.Wanted), fmt.Sprintf("%d winners, %d missing", len(r.Winners), r.Shortfall), err, shows)
}

func (v *verifier) digest() {
	digest := v.r.digest()
	var err error
	if digest != v.r.Digest {
		err = fmt.Errorf("the record adds up to %v, but says %v: it was changed after it was written", digest, v.r.Digest)
	}
	v.step(StepDigest, "all of the record", digest.String(), err, "this copy is as it was written")
}

func tickets(places []Place) string {
	s := make([]string, len(places))
	for i, p := range places {
		s[i] = p.Ticket.String()
	}
	return strings.Join(s, ", ")
}
