package fairdraw

import (
	"errors"
	"fmt"
	"io"
)

// history checks a record against all earlier draws of its run.
func (v *verifier) history(earlier []*Record) {
	v.step(StepHistory, fmt.Sprintf("%d earlier draws of this run", len(earlier)), fmt.Sprintf("element %d", v.r.Element),
		historyError(v.r, earlier), "the run's earlier draws used other seeds on the same list and bear out who was passed over")
}

func historyError(r *Record, earlier []*Record) error {
	standing := map[Ticket]string{} // winners before this draw → the reason to skip them now
	seen := map[int]bool{}
	for _, e := range earlier {
		switch {
		case e.Event != r.Event || e.Activity != r.Activity || e.Run != r.Run:
			return fmt.Errorf("draw %d is of another run", e.Draw)
		case e.Commitment != r.Commitment || e.Root != r.Root || e.Size != r.Size:
			return fmt.Errorf("draw %d was made from another commitment or list", e.Draw)
		case e.Rules != r.Rules:
			return fmt.Errorf("draw %d was made by other rules", e.Draw)
		case (e.Beacon == nil) != (r.Beacon == nil), e.Beacon != nil && e.Beacon.Chain != r.Beacon.Chain:
			return fmt.Errorf("draw %d was made with another beacon, or without", e.Draw)
		case e.Beacon != nil && e.Beacon.Round >= r.Beacon.Round:
			return fmt.Errorf("draw %d used round %d of the beacon, and this one no later round", e.Draw, e.Beacon.Round)
		case e.Draw >= r.Draw || e.Element >= r.Element:
			return fmt.Errorf("draw %d (seed %d) is not earlier than draw %d (seed %d)", e.Draw, e.Element, r.Draw, r.Element)
		case seen[e.Element]:
			return fmt.Errorf("seed %d was used by two draws", e.Element)
		case Rewind(r.Seed, r.Element-e.Element) != e.Seed:
			return fmt.Errorf("the seed of draw %d is not of this chain", e.Draw)
		}
		seen[e.Element] = true
		for _, w := range e.Winners {
			if standing[w.Ticket] != "" {
				return fmt.Errorf("%v won twice before", w.Ticket)
			}
			standing[w.Ticket] = SkipWon
		}
	}
	if len(seen) != r.Element-1 {
		return fmt.Errorf("%d earlier draws are given, but the seed is number %d", len(seen), r.Element)
	}
	for _, e := range append(earlier[:len(earlier):len(earlier)], r) {
		for _, back := range e.givenBack() {
			if standing[back] == "" {
				return fmt.Errorf("draw %d gave back %v, which had not won", e.Draw, back)
			}
			standing[back] = SkipVoided
		}
	}
	for _, s := range r.Skips {
		why, known := standing[s.Ticket]
		if !known && s.Reason != SkipWon && s.Reason != SkipVoided {
			continue // the rules', which other draws of this run cannot bear out
		}
		if why != s.Reason {
			if why == "" {
				why = "neither won before nor voided"
			}
			return fmt.Errorf("%s (%s) was passed over as %q, but is %s", s.Handle, s.Ticket.Short(), s.Reason, why)
		}
	}
	for _, w := range r.Winners {
		if why := standing[w.Ticket]; why != "" {
			return fmt.Errorf("%s (%s) wins, but is %s", w.Handle, w.Ticket.Short(), why)
		}
	}
	return nil
}

// givenBack lists the tickets that a draw's record says were given back.
func (r *Record) givenBack() []Ticket {
	var back []Ticket
	for _, s := range r.Returned {
		back = append(back, s.Ticket)
	}
	if r.Voided != nil {
		back = append(back, r.Voided.Ticket)
	}
	return back
}

// entrants checks the whole list: its order, its number and its root.
func (v *verifier) entrants(list *Entrants) {
	root, err := listRoot(v.r, list)
	v.step(StepEntrants, fmt.Sprintf("%d entrants", list.Head.Size), root.String(), err, "the whole list is what was frozen: nobody added, nobody left out")
}

func listRoot(r *Record, list *Entrants) (Hash, error) {
	h := list.Head
	if h.Code != r.Code || h.Event != r.Event || h.Activity != r.Activity || h.Run != r.Run {
		return Hash{}, errors.New("this is the list of another run")
	}
	var tree treeHasher
	var last Ticket
	for {
		leaf, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Hash{}, err
		}
		if tree.n > 0 && last.Compare(leaf.Ticket) >= 0 {
			return Hash{}, fmt.Errorf("entrant %d is out of order", tree.n)
		}
		last = leaf.Ticket
		tree.add(leaf.hash())
	}
	root := tree.root()
	if tree.n != r.Size || root != r.Root {
		return root, fmt.Errorf("the list of %d entrants has the root %v, but %d with the root %v were frozen", tree.n, root, r.Size, r.Root)
	}
	return root, nil
}
