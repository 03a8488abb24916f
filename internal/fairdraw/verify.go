package fairdraw

import (
	"fmt"
	"io"
	"strings"

	"drumroll/internal/beacon"
)

// The steps of a verification, in order. Those marked with * are made only where
// the record has their subject; those marked with ? only where one is given what
// they need, and else stand in the report as not checked.
const (
	StepRecord      = "record"       // the record is of a known version and well formed
	StepToldPromise = "told promise" // ? the commitment is the one shown before the first entry
	StepToldFreeze  = "told freeze"  // ? the freeze is the one shown before the draw
	StepToldRound   = "told round"   // *? the round is the one shown before its time
	StepSeed        = "seed"         // the seed's hash is the chain element before it
	StepCommitment  = "commitment"   // and that one leads back to the commitment
	StepFreeze      = "freeze"       // the freeze's hash is that of its members
	StepBeacon      = "beacon"       // * the public randomness is the beacon's
	StepRound       = "round"        // * the round follows from the log's time
	StepWinners     = "winners"      // each winner stands in the frozen list and can win
	StepSkips       = "skips"        // each entrant passed over stands there too, with a reason
	StepReturned    = "returned"     // * so does each winner whose ticket was given back since the draw before
	StepVoided      = "voided"       // * so does the winner that a redraw replaces
	StepOrder       = "order"        // no ticket stands at two places, and none that is given back wins
	StepPicks       = "picks"        // the seed leads to these, in this order, as many as wanted or everybody
	StepDigest      = "digest"       // the record is as it was written
	StepHistory     = "history"      // ? the earlier draws of the run agree
	StepEntrants    = "entrants"     // ? the whole list has this root and size
)

// What came of a step.
const (
	Held      = "ok"
	Failed    = "FAIL"
	Unchecked = "not checked"
)

// Step is one check: what went in, what came out, and in words what it shows,
// why it failed or why it was not made.
type Step struct {
	Name   string
	Status string // Held, Failed or Unchecked
	In     string
	Out    string
	Detail string
}

// Known is what a verifier has besides the record. Every part may be missing;
// what is there is checked too.
type Known struct {
	// Commitment and Freeze as they were shown before: the whole hash or its
	// first 32 hex digits (Fingerprint), in any case and grouping.
	Commitment, Freeze string
	// Round as it was shown before its time; 0: not noted.
	Round int
	// Earlier holds the records of all earlier draws of the same run, as JSON, in any
	// order.
	Earlier [][]byte
	// Entrants is the whole list as WriteEntrants writes it; it is read to its end.
	Entrants io.Reader
	// Chains are beacons that are known besides drand's quicknet.
	Chains []beacon.Chain
}

// Verify recomputes everything that a record says. The record is true to the
// scheme, as far as its steps were made, if none of them Failed. If the first
// fails it is the only one.
func Verify(r *Record, known Known) []Step {
	v := verifier{r: r}
	err := formError(r)
	v.step(StepRecord, fmt.Sprintf("event %s, raffle %d, run %d, draw %d", r.Code, r.Freeze.Activity, r.Freeze.Run, r.Draw),
		fmt.Sprintf("version %d", r.Version), err, "the record is complete and well formed")
	if err != nil {
		return v.steps
	}
	v.told(StepToldPromise, "commitment", known.Commitment, r.Freeze.Commitment)
	v.told(StepToldFreeze, "freeze hash", known.Freeze, r.Freeze.Hash)
	v.toldRound(known.Round)
	v.fixed()
	v.beacon(known.Chains)
	v.named()
	v.picks()
	v.history(known.Earlier, known.Chains)
	v.entrants(known.Entrants)
	return v.steps
}

// Check is Verify of a record's JSON. What cannot be read fails the first step.
func Check(data []byte, known Known) []Step {
	r, err := ParseRecord(data)
	if err != nil {
		return []Step{{Name: StepRecord, Status: Failed, Detail: err.Error()}}
	}
	return Verify(r, known)
}

// OK reports whether steps were made and none failed.
func OK(steps []Step) bool { return len(steps) > 0 && count(steps, Failed) == 0 }

func count(steps []Step, status string) (n int) {
	for _, s := range steps {
		if s.Status == status {
			n++
		}
	}
	return n
}

// Report writes one line per step and one that sums them up. It returns w's first
// error.
func Report(w io.Writer, steps []Step) error {
	var out strings.Builder
	for _, s := range steps {
		if s.Status == Unchecked {
			fmt.Fprintf(&out, "not checked: %s, because %s\n", s.Name, s.Detail)
		} else {
			fmt.Fprintf(&out, "%-4s  %-12s  %s\n", s.Status, s.Name, s.Detail)
		}
	}
	fmt.Fprintf(&out, "%d steps hold, %d failed, %d not checked\n", count(steps, Held), count(steps, Failed), count(steps, Unchecked))
	if _, err := io.WriteString(w, out.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

type verifier struct {
	r     *Record
	steps []Step
}

// step notes a check's outcome: shows says what a success means, err what failed.
func (v *verifier) step(name, in, out string, err error, shows string) {
	s := Step{name, Held, in, out, shows}
	if err != nil {
		s.Status, s.Detail = Failed, err.Error()
	}
	v.steps = append(v.steps, s)
}

func (v *verifier) unchecked(name, why string) {
	v.steps = append(v.steps, Step{Name: name, Status: Unchecked, Detail: why})
}
