package fairdraw

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"golang.org/x/mod/sumdb/tlog"
)

// keptLevel is the lowest level of the Merkle tree whose hashes a List keeps:
// one hash for 64 leaves. What is below is hashed again when a proof needs it,
// at most 63 leaves, so that a million entrants cost 5 MB and not 70.
const keptLevel = 6

// List is a frozen list of entrants: in ticket order, under an RFC 6962 Merkle
// tree. It is immutable and safe for concurrent use as far as the leaf function
// given to NewList is.
type List struct {
	leaf  func(i int) Leaf
	order []uint32      // position → i
	kept  [][]tlog.Hash // kept[l][k]: complete subtree k of level keptLevel+l
	root  Hash
}

// NewList makes the list of n entrants, fewer than 2³². It calls leaf for i from
// 0 to n−1 in any order, and again later: leaf must give the same answer each
// time for as long as the List is in use. It panics if two entrants have the
// same ticket, which MakeTicket's pseudonym rules out.
func NewList(n int, leaf func(i int) Leaf) *List {
	if n < 0 || n >= 1<<32 {
		panic(fmt.Sprintf("fairdraw: list of %d entrants", n))
	}
	return build(leaf, sortByTicket(n, leaf))
}

// Relist makes the list of the same entrants with other things said of them: leaf
// gives for each i the ticket that l has, so that nothing is sorted again.
func (l *List) Relist(leaf func(i int) Leaf) *List {
	return build(leaf, l.order)
}

func sortByTicket(n int, leaf func(i int) Leaf) []uint32 {
	// Nearly all tickets differ in their first half, which compares in one step.
	type row struct {
		upper, lower uint64
		source       uint32
	}
	rows := make([]row, n)
	for i := range rows {
		t := leaf(i).Ticket
		rows[i] = row{binary.BigEndian.Uint64(t[:8]), binary.BigEndian.Uint64(t[8:]), uint32(i)}
	}
	slices.SortFunc(rows, func(a, b row) int {
		if a.upper != b.upper {
			return cmp.Compare(a.upper, b.upper)
		}
		return cmp.Compare(a.lower, b.lower)
	})
	order := make([]uint32, n)
	for pos, r := range rows {
		if pos > 0 && r.upper == rows[pos-1].upper && r.lower == rows[pos-1].lower {
			panic(fmt.Sprintf("fairdraw: ticket %v stands twice in one list", leaf(int(r.source)).Ticket))
		}
		order[pos] = r.source
	}
	return order
}

// build hashes the complete subtrees from keptLevel up, then the root.
func build(leaf func(i int) Leaf, order []uint32) *List {
	l := &List{leaf: leaf, order: order}
	level := make([]tlog.Hash, len(l.order)>>keptLevel)
	for k := range level {
		level[k] = l.subtree(keptLevel, k)
	}
	for len(level) > 0 {
		l.kept = append(l.kept, level)
		above := make([]tlog.Hash, len(level)/2)
		for k := range above {
			above[k] = tlog.NodeHash(level[2*k], level[2*k+1])
		}
		level = above
	}
	root, err := tlog.TreeHash(int64(len(l.order)), tlog.HashReaderFunc(l.readHashes))
	if err != nil {
		panic(fmt.Sprintf("fairdraw: %v", err)) // readHashes never fails
	}
	l.root = Hash(root)
	return l
}

// subtree hashes the leaves from k·2^level to (k+1)·2^level.
func (l *List) subtree(level, k int) tlog.Hash {
	if level == 0 {
		return l.Leaf(k).hash()
	}
	return tlog.NodeHash(l.subtree(level-1, 2*k), l.subtree(level-1, 2*k+1))
}

// readHashes gives tlog the hashes of complete subtrees by tlog's numbering.
func (l *List) readHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, k := tlog.SplitStoredHashIndex(index)
		if level >= keptLevel {
			hashes[i] = l.kept[level-keptLevel][k]
		} else {
			hashes[i] = l.subtree(level, int(k))
		}
	}
	return hashes, nil
}

// Size is the number of entrants.
func (l *List) Size() int { return len(l.order) }

// Root is the Merkle tree hash (of the empty list: SHA-256 of nothing).
func (l *List) Root() Hash { return l.root }

// Leaf is the entrant at a position, 0 to Size−1.
func (l *List) Leaf(pos int) Leaf { return l.leaf(l.Source(pos)) }

// Source is the i that NewList's leaf function knows the entrant at pos by.
func (l *List) Source(pos int) int { return int(l.order[pos]) }

// Find gives the position of a ticket, where it is in the list, with about log₂ Size
// calls of leaf.
func (l *List) Find(t Ticket) (pos int, ok bool) {
	return sort.Find(len(l.order), func(i int) int { return t.Compare(l.Leaf(i).Ticket) })
}

// Proof is the audit path of the entrant at pos, from the leaf's sibling up
// (RFC 6962 section 2.1.1). A position outside the list is an error.
func (l *List) Proof(pos int) ([]Hash, error) {
	path, err := tlog.ProveRecord(int64(len(l.order)), int64(pos), tlog.HashReaderFunc(l.readHashes))
	if err != nil {
		return nil, fmt.Errorf("proof of position %d of %d: %w", pos, len(l.order), err)
	}
	proof := make([]Hash, len(path))
	for i, h := range path {
		proof[i] = Hash(h)
	}
	return proof, nil
}

// CheckProof reports whether leaf stands at position pos of a list with the
// given size and root.
func CheckProof(proof []Hash, root Hash, size, pos int, leaf Leaf) bool {
	path := make(tlog.RecordProof, len(proof))
	for i, h := range proof {
		path[i] = tlog.Hash(h)
	}
	return tlog.CheckRecord(path, int64(size), tlog.Hash(root), int64(pos), leaf.hash()) == nil
}
