package fairdraw

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"drumroll/internal/beacon"
)

// history checks a record with all earlier draws of its run.
func (v *verifier) history(earlier [][]byte, chains []beacon.Chain) {
	if len(earlier) == 0 && v.r.Element > 1 {
		v.unchecked(StepHistory, fmt.Sprintf("the records of the run's %d earlier draws were not given", v.r.Element-1))
		return
	}
	v.step(StepHistory, fmt.Sprintf("%d earlier draws of this run", len(earlier)), fmt.Sprintf("element %d", v.r.Element),
		historyError(v.r, earlier, chains), "the run's earlier draws bear out seed, prize and who was passed over")
}

func historyError(r *Record, earlier [][]byte, chains []beacon.Chain) error {
	var draws []*Record
	for _, data := range earlier {
		e, err := ParseRecord(data)
		if err != nil {
			return fmt.Errorf("an earlier record: %w", err)
		}
		draws = append(draws, e)
	}
	slices.SortStableFunc(draws, func(a, b *Record) int { return a.Element - b.Element })
	run := runHistory{chains: chains, standing: map[Ticket]string{}, prizes: map[Ticket]string{}}
	for i, e := range append(draws, r) {
		if e.Element != i+1 {
			return fmt.Errorf("the records given are not those of draws 1 to %d of the run", r.Element)
		}
		if i < len(draws) {
			for _, s := range Verify(e, Known{Chains: chains}) {
				if s.Status == Failed {
					return fmt.Errorf("draw %d does not check out itself: %s: %s", e.Draw, s.Name, s.Detail)
				}
			}
		}
		if err := run.add(e); err != nil {
			return fmt.Errorf("draw %d: %w", e.Draw, err)
		}
	}
	return oneListError(run.places)
}

// runHistory is what the draws of a run say together, up to one of them.
type runHistory struct {
	chains   []beacon.Chain
	last     *Record
	drawn    []int             // their numbers in the event
	standing map[Ticket]string // winners → the reason to skip them
	prizes   map[Ticket]string // winners → what they win
	named    int               // draws so far that are no redraws
	places   []Place           // that were named, each with what lasts of its Unfit
}

func (h *runHistory) add(r *Record) error {
	if h.last != nil {
		if err := followError(h.last, r, h.chains); err != nil {
			return err
		}
	}
	for _, p := range r.places() {
		if n := wonElsewhere(p.Unfit); n > 0 && slices.Contains(h.drawn, n) {
			return fmt.Errorf("draw %d was no other raffle's", n)
		}
		p.Unfit = lasting(p.Unfit)
		h.places = append(h.places, p)
	}
	if err := h.giveBack(r); err != nil {
		return err
	}
	for _, s := range r.Skips {
		if why := h.standing[s.Ticket]; s.Unfit == "" && why != s.Reason {
			return fmt.Errorf("%s (%s) was passed over as %q, but is not", s.Handle, s.Ticket.Short(), s.Reason)
		}
	}
	for _, w := range r.Winners {
		if why := h.standing[w.Ticket]; why != "" {
			return fmt.Errorf("%s (%s) wins, but is %q", w.Handle, w.Ticket.Short(), why)
		}
		h.standing[w.Ticket], h.prizes[w.Ticket] = SkipWon, r.Prize
	}
	h.last, h.drawn = r, append(h.drawn, r.Draw)
	return nil
}

// giveBack takes back the wins that a draw's record says were given back, and checks
// the prize that is drawn for.
func (h *runHistory) giveBack(r *Record) error {
	prize := ""
	if r.Voided != nil {
		prize = h.prizes[r.Voided.Ticket]
	} else if h.named++; h.named <= len(r.Freeze.Rules.Prizes) {
		prize = r.Freeze.Rules.Prizes[h.named-1]
	}
	for _, ticket := range r.GivenBack() {
		if h.standing[ticket] != SkipWon {
			return fmt.Errorf("%v is given back, which had not won", ticket)
		}
		h.standing[ticket] = SkipVoided
	}
	if r.Prize != prize {
		return fmt.Errorf("it is for %q, but %q was to come", r.Prize, prize)
	}
	return nil
}

// followError says why a draw cannot be the one after last in its run.
func followError(last, r *Record, chains []beacon.Chain) error {
	switch {
	case r.Previous != last.Seed:
		return errors.New("its seed does not follow from that of the draw before")
	case r.Draw <= last.Draw:
		return fmt.Errorf("it does not come after draw %d", last.Draw)
	case r.Beacon != nil && last.Beacon != nil && r.Beacon.Round <= last.Beacon.Round:
		return fmt.Errorf("draw %d used round %d of the beacon, and this one no later round", last.Draw, last.Beacon.Round)
	case r.Beacon != nil && last.Beacon != nil:
		// Where the chain is not known, the step beacon fails.
		if chain, err := knownChain(last.Freeze.Beacon.Chain, chains); err == nil && uint64(r.Beacon.Asked) < chain.TimeOf(uint64(last.Beacon.Round)) {
			return fmt.Errorf("it was asked for at %d, before round %d, which draw %d used", r.Beacon.Asked, last.Beacon.Round, last.Draw)
		}
	}
	return r.Freeze.followError(&last.Freeze, last.Element)
}

// places are all entrants that a record names.
func (r *Record) places() []Place {
	all := slices.Concat(r.Winners, placesOf(r.Skips), placesOf(r.Returned))
	if r.Voided != nil {
		all = append(all, *r.Voided)
	}
	return all
}

// GivenBack lists the tickets that a draw's record says were given back.
func (r *Record) GivenBack() (back []Ticket) {
	for _, s := range r.Returned {
		back = append(back, s.Ticket)
	}
	if r.Voided != nil {
		back = append(back, r.Voided.Ticket)
	}
	return back
}

// entrants checks the whole list: its order, its number and its root, and that it
// was frozen by the rules.
func (v *verifier) entrants(list io.Reader) {
	if list == nil {
		v.unchecked(StepEntrants, "the whole list was not given")
		return
	}
	root, err := listRoot(v.r, list)
	v.step(StepEntrants, fmt.Sprintf("%d entrants", v.r.Freeze.Size), root.String(), err, "the whole list is what was frozen: nobody added, nobody left out")
}

func listRoot(r *Record, list io.Reader) (Hash, error) {
	var tree treeHasher
	var last Ticket
	err := readEntrants(list, func(h ListHead) error {
		if h.Version != RecordVersion || h.Code != r.Code || h.Freeze.Hash != r.Freeze.Hash || h.Freeze.sum() != r.Freeze.sum() {
			return errors.New("this is the list of another freeze")
		}
		return nil
	}, func(leaf Leaf) error {
		if tree.n > 0 && last.Compare(leaf.Ticket) >= 0 {
			return errors.New("it is out of order")
		}
		last = leaf.Ticket
		tree.add(leaf.hash())
		return r.unfitError(leaf.Unfit)
	})
	if err != nil {
		return Hash{}, err
	}
	root := tree.root()
	if root != r.Freeze.Root {
		return root, fmt.Errorf("the list has the root %v, but one with the root %v was frozen", root, r.Freeze.Root)
	}
	return root, nil
}
