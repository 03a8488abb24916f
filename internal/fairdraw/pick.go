package fairdraw

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
)

// Pick is one position that a draw came to.
type Pick struct {
	Pos  int
	Skip string // "" = winner, else why the position was passed over: "won before", "voided"
}

// Select picks up to wanted winners from the positions 0 to size−1, in the
// order in which they came up.
//
// One position after the other is taken out of the whole list, each of those
// left with the same chance: no position comes up twice. One for which excluded
// gives a reason is passed over in the open and stands in the result with the
// reason; excluded must be pure. Select ends when wanted winners are found or no
// position is left. Nobody needs the list to repeat it: size and the draw's
// public numbers decide which position comes up, and the proofs show who stood
// there.
//
// Each position costs one HMAC, rarely two (rejection), and a few bytes of
// memory: at most size of them, however many are excluded. freeze is the hash of
// what was fixed before, size is below 2³², element the number of this draw in its
// run, beacon public randomness or empty. (Not its number in the event: another
// raffle's draw, made first, would change that, and who knows a round could choose.)
func Select(seed, freeze Hash, size, element int, beacon []byte, wanted int, excluded func(pos int) string) []Pick {
	var picks []Pick
	up := newDrum(seed, freeze, size, element, beacon)
	for winners := 0; winners < wanted && up.left > 0; {
		pick := Pick{Pos: up.next()}
		if excluded != nil {
			pick.Skip = excluded(pick.Pos)
		}
		if pick.Skip == "" {
			winners++
		}
		picks = append(picks, pick)
	}
	return picks
}

// drum yields the positions of a list in the order of a draw: a Fisher–Yates
// shuffle (Knuth, TAOCP 2, 3.4.2, algorithm P) done only as far as it is asked
// for, its numbers from HMAC-SHA256 in counter mode.
type drum struct {
	mac     hash.Hash
	prefix  message // all of the HMAC's message but the counter
	counter uint64
	left    uint32            // positions not yet taken out
	moved   map[uint32]uint32 // slots below left that hold another position than their own
	input   message
	sum     []byte
}

func newDrum(seed, freeze Hash, size, element int, beacon []byte) *drum {
	if size < 0 || size >= 1<<32 {
		panic(fmt.Sprintf("fairdraw: draw from a list of %d", size))
	}
	return &drum{
		mac: hmac.New(sha256.New, seed[:]),
		prefix: begin(nil, domainDraw).
			bytes(freeze[:]).number(uint64(element)).bytes(beacon),
		left:  uint32(size),
		moved: make(map[uint32]uint32),
	}
}

// next takes one position out: that in a random slot of those left. The last
// slot's position moves into the gap.
func (d *drum) next() int {
	slot := d.below(d.left)
	d.left--
	pos := d.at(slot)
	if slot != d.left {
		d.moved[slot] = d.at(d.left)
	}
	delete(d.moved, d.left)
	return int(pos)
}

func (d *drum) at(slot uint32) uint32 {
	if pos, ok := d.moved[slot]; ok {
		return pos
	}
	return slot
}

// below gives a number from 0 to n−1, each with the same chance: values beyond
// the largest multiple of n that 32 bits hold are rejected.
func (d *drum) below(n uint32) uint32 {
	limit := 1<<32 - 1<<32%uint64(n)
	for {
		if x := d.word(); uint64(x) < limit {
			return x % n
		}
	}
}

// word is the first 4 bytes, big-endian, of the HMAC over (domain, freeze
// hash, element, beacon, counter).
func (d *drum) word() uint32 {
	d.input = append(d.input[:0], d.prefix...).number(d.counter)
	d.counter++
	d.mac.Reset()
	d.mac.Write(d.input)
	d.sum = d.mac.Sum(d.sum[:0])
	return binary.BigEndian.Uint32(d.sum)
}
