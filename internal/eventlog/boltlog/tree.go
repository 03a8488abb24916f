package boltlog

import (
	"fmt"

	"drumroll/internal/eventlog"
)

// tree is the log as one root page of the file has it.
type tree struct {
	im    *image
	root  uint64 // page of the root bucket
	limit uint64 // pages that it may use have lower numbers

	// What walk found, up to the first damage.
	records int
	head    eventlog.Offset // of the last whole record; zero: none
	used    []bool          // by page
}

func newTree(im *image, root, limit uint64) *tree {
	// A meta may claim more pages than there are.
	return &tree{im: im, root: root, limit: min(limit, im.pages())}
}

// walk goes through all records in order and calls visit, which may be nil, with each. data
// is part of the page that was read, and is not changed afterwards. walk ends with visit's error, or ErrCorrupt at the first thing that is not as bbolt and
// we write it: every byte that decides what a reader would see is either under a
// checksum or can have one value only.
func (t *tree) walk(visit visitor) error {
	t.records, t.head, t.used = 0, eventlog.Offset{}, make([]bool, t.limit)
	p, err := t.page(t.root)
	if err != nil {
		return err
	}
	root, inline, err := p.bucket()
	switch {
	case err != nil:
		return damaged("page %d %w", t.root, err)
	case inline != nil:
		return t.walkLeaf(t.root, inline, nil, visit)
	}
	return t.walkPage(root, nil, 0, visit)
}

type visitor func(at eventlog.Offset, data []byte) error

// page reads a page that nothing else may use.
func (t *tree) page(number uint64) (page, error) {
	p, err := t.im.page(number, t.limit)
	if err != nil {
		return p, err
	}
	return p, t.markUsed(number, p.pages)
}

func (t *tree) markUsed(number, pages uint64) error {
	for n := number; n < number+pages; n++ {
		if n >= t.limit || t.used[n] {
			return damaged("page %d is used twice", n)
		}
		t.used[n] = true
	}
	return nil
}

// maxDepth is far more than any tree has: each level has dozens of children.
const maxDepth = 32

// walkPage walks the page and its children. first is the key that its parent has for
// it, nil for none.
func (t *tree) walkPage(number uint64, first []byte, depth int, visit visitor) error {
	p, err := t.page(number)
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return damaged("page %d is too deep", number)
	case p.flags != flagBranch:
		return t.walkLeaf(number, &p, first, visit)
	}
	children, err := p.elements(first)
	if err != nil {
		return damaged("page %d %w", number, err)
	}
	for _, c := range children {
		if err := t.walkPage(c.child, c.key, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) walkLeaf(number uint64, p *page, first []byte, visit visitor) error {
	found, err := p.elements(first)
	if err != nil {
		return damaged("page %d %w", number, err)
	}
	for _, e := range found {
		at, err := decodeKey(e.key)
		if err != nil || e.bucket {
			return damaged("page %d holds something that is no record", number)
		}
		data, err := checkValue(e.key, e.value)
		if err != nil {
			return fmt.Errorf("page %d, offset %v: %w", number, at, err)
		}
		if at.Compare(t.head) <= 0 {
			return damaged("page %d: offset %v after %v", number, at, t.head)
		}
		if visit != nil {
			if err := visit(at, data); err != nil {
				return err
			}
		}
		t.records++
		t.head = at
	}
	return nil
}

// checkAllPagesUsed checks that every page below the limit is used by the tree or is free, and none
// both: otherwise the tree may have been led to a page of an earlier time, or bbolt
// would write over a page in use. Call it after a walk without an error.
func (t *tree) checkAllPagesUsed(m *meta) error {
	if m.pages > t.limit {
		return damaged("the file has %d bytes of %d", t.im.size, m.pages*uint64(t.im.pageSize))
	}
	free, own, err := t.im.freePages(m)
	if err != nil {
		return err
	}
	if err := t.markUsed(m.freelist, own.pages); err != nil {
		return err
	}
	for _, n := range free {
		if err := t.markUsed(n, 1); err != nil {
			return err
		}
	}
	for n := uint64(2); n < m.pages; n++ {
		if !t.used[n] {
			return damaged("page %d is neither used nor free", n)
		}
	}
	return nil
}
