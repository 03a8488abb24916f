package fairdraw

import "golang.org/x/mod/sumdb/tlog"

// treeHasher computes an RFC 6962 tree hash from leaf hashes that come in
// order, keeping one hash per complete subtree: log₂ n of them.
type treeHasher struct {
	n        int
	subtrees []tlog.Hash // of sizes 2^k for the bits set in n, largest first
}

func (t *treeHasher) add(leaf tlog.Hash) {
	for n := t.n; n&1 == 1; n >>= 1 {
		last := len(t.subtrees) - 1
		leaf = tlog.NodeHash(t.subtrees[last], leaf)
		t.subtrees = t.subtrees[:last]
	}
	t.subtrees = append(t.subtrees, leaf)
	t.n++
}

func (t *treeHasher) root() Hash {
	if t.n == 0 {
		return NewList(0, nil).Root()
	}
	last := len(t.subtrees) - 1
	root := t.subtrees[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(t.subtrees[i], root)
	}
	return Hash(root)
}
