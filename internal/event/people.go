package event

// people numbers the participants in the order of their first record, and finds
// a number by id. A million cost 8 MB of ids and 8–16 MB of table: ids are random
// 64-bit numbers that strangers cannot choose, so they serve as their own hash.
type people struct {
	ids   column[Participant]
	table []uint32 // open addressing, index+1 or 0; a power of two long
	names map[uint32]*name
}

type name struct {
	text   string
	hidden bool
}

// indexOf returns the index of p.
func (pp *people) indexOf(p Participant) (uint32, bool) {
	if len(pp.table) == 0 {
		return 0, false
	}
	mask := uint64(len(pp.table) - 1)
	for at := uint64(p) & mask; ; at = (at + 1) & mask {
		switch i := pp.table[at]; {
		case i == 0:
			return 0, false
		case *pp.ids.at(i - 1) == p:
			return i - 1, true
		}
	}
}

// indexOrAdd returns the index of p, added where it was not there.
func (pp *people) indexOrAdd(p Participant) (i uint32, added bool) {
	if i, ok := pp.indexOf(p); ok {
		return i, false
	}
	i = uint32(pp.ids.len)
	pp.ids.add(p)
	if 4*pp.ids.len > 3*len(pp.table) {
		pp.table = make([]uint32, max(64, 2*len(pp.table)))
		for j := range uint32(pp.ids.len) {
			pp.place(*pp.ids.at(j), j)
		}
	} else {
		pp.place(p, i)
	}
	return i, true
}

func (pp *people) place(p Participant, i uint32) {
	mask := uint64(len(pp.table) - 1)
	at := uint64(p) & mask
	for pp.table[at] != 0 {
		at = (at + 1) & mask
	}
	pp.table[at] = i + 1
}

// id is the participant with an index.
func (pp *people) id(i uint32) Participant { return *pp.ids.at(i) }

// handles returns a lookup of the handles of all who have joined so far. It reads
// safely while the fold goes on, on other goroutines: chunks never move, and an id is
// never changed once it is there.
func (pp *people) handles() func(i uint32) string {
	ids := pp.ids
	return func(i uint32) string { return ids.at(i).Handle() }
}

// shown is the name to show: the own one where it is allowed, else the handle.
func (pp *people) shown(i uint32, names bool) (text string, own bool) {
	if names {
		if n := pp.names[i]; n != nil && !n.hidden {
			return n.text, true
		}
	}
	return pp.id(i).Handle(), false
}

// column is an array that grows in chunks, so that growing never copies what is
// there and a million entries cost no slack.
type column[T any] struct {
	chunks []*[chunk]T
	len    int
}

const chunk = 1 << 12

func (c *column[T]) at(i uint32) *T { return &c.chunks[i/chunk][i%chunk] }

func (c *column[T]) add(v T) {
	c.grow(c.len + 1)
	*c.at(uint32(c.len - 1)) = v
}

// grow makes the column at least n long, with zero values.
func (c *column[T]) grow(n int) {
	for len(c.chunks)*chunk < n {
		c.chunks = append(c.chunks, new([chunk]T))
	}
	c.len = max(c.len, n)
}

// get is the value at i, or the zero value past the end.
func (c *column[T]) get(i uint32) (v T) {
	if int(i) < c.len {
		return *c.at(i)
	}
	return v
}
