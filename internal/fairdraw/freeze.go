package fairdraw

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// Freeze is everything that is fixed before a draw: the list of entrants, who of
// them can win, and by which rules. Its Hash stands for all of it. A run has more
// than one where who can win has changed: the entrants stay, the reasons are new.
type Freeze struct {
	Hash     Hash `json:"hash"`  // of all the rest
	Event    ID   `json:"event"` // the event's uid, never used again as codes are
	Activity int  `json:"activity"`
	Run      int  `json:"run"`
	Number   int  `json:"number"` // 1, 2, … within the run
	Draws    int  `json:"draws"`  // of the run, made before this freeze
	At       int  `json:"at"`     // Unix time in ms, by the log's clock

	Commitment Hash `json:"commitment"` // element 0 of the run's chain
	Root       Hash `json:"root"`
	Size       int  `json:"size"` // entrants

	Rules  Rules         `json:"rules"`
	Beacon *FreezeBeacon `json:"beacon,omitempty"`
}

// FreezeBeacon says which public randomness goes into the draws.
type FreezeBeacon struct {
	Chain Hash `json:"chain"`
	Round int  `json:"round"` // of the first draw made from the freeze
}

// Seal completes the freeze of a list: with root, size and hash.
func (f *Freeze) Seal(list *List) {
	f.Root, f.Size = list.Root(), list.Size()
	f.Hash = f.sum()
}

// sum is SHA-256 over the message of all members but Hash, in the order of the
// struct.
func (f *Freeze) sum() Hash {
	m := begin(nil, domainFreeze).
		bytes(f.Event[:]).number(uint64(f.Activity)).number(uint64(f.Run)).
		number(uint64(f.Number)).number(uint64(f.Draws)).number(uint64(f.At)).
		bytes(f.Commitment[:]).bytes(f.Root[:]).number(uint64(f.Size)).rules(f.Rules)
	m = m.truth(f.Beacon != nil)
	if f.Beacon != nil {
		m = m.bytes(f.Beacon.Chain[:]).number(uint64(f.Beacon.Round))
	}
	return sha256.Sum256(m)
}

// followError says why f cannot be the freeze that the next draw is made from after
// one made from prev, draws being how many the run had until then.
func (f *Freeze) followError(prev *Freeze, draws int) error {
	same := *prev
	same.Number, same.Draws, same.At, same.Root = f.Number, f.Draws, f.At, f.Root
	if same.Beacon != nil && f.Beacon != nil {
		same.Beacon = &FreezeBeacon{prev.Beacon.Chain, f.Beacon.Round}
	}
	switch {
	case same.sum() != f.sum():
		return errors.New("it was made in another run, from another number of entrants, or by other rules")
	case f.Number == prev.Number && f.sum() != prev.sum():
		return fmt.Errorf("freeze %d of the run is another one here", f.Number)
	case f.Number < prev.Number, f.At < prev.At:
		return fmt.Errorf("freeze %d comes before freeze %d", f.Number, prev.Number)
	case f.Number > prev.Number && f.Draws != draws:
		return fmt.Errorf("freeze %d was made after %d draws, but %d came before", f.Number, f.Draws, draws)
	}
	return nil
}
