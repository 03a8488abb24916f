package fairdraw

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
)

var testUID = [16]byte{0xd7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// entrant i of a made-up crowd; the same for ever.
func entrant(i int) Leaf {
	var pseudonym, nonce [16]byte
	binary.BigEndian.PutUint64(pseudonym[:], uint64(i))
	binary.BigEndian.PutUint64(nonce[8:], uint64(i))
	return Leaf{
		Ticket:    MakeTicket(testUID, 3, 1, pseudonym, nonce),
		Handle:    fmt.Sprintf("Teal Otter %d", i%97),
		NonceHash: HashNonce(nonce),
	}
}

// seedOf is a seed that is as good as random, by number.
func seedOf(n uint64) Hash {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
}

func TestChain(t *testing.T) {
	c := NewChain([]byte("signing key"), testUID, 3, 1)
	for k := 1; k <= ChainLength; k++ {
		element := c.Element(k)
		if Hash(sha256.Sum256(element[:])) != c.Element(k-1) {
			t.Fatalf("SHA-256(element %d) is not element %d", k, k-1)
		}
	}
	others := map[string]*Chain{
		"key":      NewChain([]byte("signing kez"), testUID, 3, 1),
		"event":    NewChain([]byte("signing key"), [16]byte{}, 3, 1),
		"activity": NewChain([]byte("signing key"), testUID, 4, 1),
		"run":      NewChain([]byte("signing key"), testUID, 3, 2),
	}
	for what, other := range others {
		if other.Element(0) == c.Element(0) {
			t.Errorf("chain of another %s has the same commitment", what)
		}
	}
}

func TestTicketForms(t *testing.T) {
	ticket := Ticket{0x7c, 0x19, 0xa2, 0xf0, 15: 0xee}
	if got, want := ticket.String(), "7c19a2f00000000000000000000000ee"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
	if got, want := ticket.Short(), "7C19-A2"; got != want {
		t.Errorf("Short = %s, want %s", got, want)
	}
	if got, err := ParseTicket(ticket.String()); err != nil || got != ticket {
		t.Errorf("ParseTicket = %v, %v", got, err)
	}
	for _, bad := range []string{"", "7c19", strings.Repeat("A", 32), strings.Repeat("g", 32), strings.Repeat("0", 33)} {
		if _, err := ParseTicket(bad); err == nil {
			t.Errorf("ParseTicket(%q) has no error", bad)
		}
	}
	if got, want := Fingerprint(Hash{0x7c, 0x19, 0xa0, 0xf2, 0x9b, 0x41, 15: 0xee, 16: 0xff}), "7C19 A0F2 9B41 0000 0000 0000 0000 00EE"; got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
}

// Each input of a ticket changes it.
func TestTicketBindsItsInputs(t *testing.T) {
	a, b := [16]byte{1}, [16]byte{2}
	seen := map[Ticket]bool{}
	for _, ticket := range []Ticket{
		MakeTicket(testUID, 3, 1, a, b), MakeTicket(a, 3, 1, a, b), MakeTicket(testUID, 4, 1, a, b),
		MakeTicket(testUID, 3, 2, a, b), MakeTicket(testUID, 3, 1, b, b), MakeTicket(testUID, 3, 1, a, a),
		MakeTicket(testUID, 1, 3, a, b), MakeTicket(testUID, 3, 1, b, a),
	} {
		if seen[ticket] {
			t.Errorf("ticket %v stands for two inputs", ticket)
		}
		seen[ticket] = true
	}
}

// The list is in ticket order, has the root of the definition in RFC 6962
// section 2.1, and proves each of its places, whatever its size.
func TestList(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 5, 7, 8, 63, 64, 65, 127, 128, 200, 257} {
		list := NewList(n, entrant)
		if list.Size() != n {
			t.Fatalf("size of %d entrants = %d", n, list.Size())
		}
		leaves := make([]Leaf, n)
		for pos := range leaves {
			leaves[pos] = list.Leaf(pos)
			if diff := cmp.Diff(entrant(list.Source(pos)), leaves[pos]); diff != "" {
				t.Errorf("source of %d/%d:\n%s", pos, n, diff)
			}
			if pos > 0 && leaves[pos-1].Ticket.Compare(leaves[pos].Ticket) >= 0 {
				t.Errorf("%d entrants: position %d out of order", n, pos)
			}
			if got, ok := list.Find(leaves[pos].Ticket); !ok || got != pos {
				t.Errorf("Find(leaf %d/%d) = %d, %v", pos, n, got, ok)
			}
		}
		if got, want := list.Root(), definedRoot(leaves); got != want {
			t.Errorf("root of %d entrants = %v, want %v", n, got, want)
		}
		if _, ok := list.Find(Ticket{1}); ok {
			t.Errorf("a stranger's ticket found among %d", n)
		}
		for pos, leaf := range leaves {
			proof, err := list.Proof(pos)
			if err != nil {
				t.Fatal(err)
			}
			if !CheckProof(proof, list.Root(), n, pos, leaf) {
				t.Errorf("proof of %d/%d fails", pos, n)
			}
			if other := (pos + 1) % n; other != pos && CheckProof(proof, list.Root(), n, other, leaf) {
				t.Errorf("proof of %d/%d holds at %d", pos, n, other)
			}
			other := leaf
			other.Handle += "!"
			leaf.Unfit += "!"
			if CheckProof(proof, list.Root(), n, pos, other) || CheckProof(proof, list.Root(), n, pos, leaf) {
				t.Errorf("proof of %d/%d holds for another handle, or for one who cannot win", pos, n)
			}
		}
		for _, pos := range []int{-1, n} {
			if _, err := list.Proof(pos); err == nil {
				t.Errorf("proof of %d/%d has no error", pos, n)
			}
		}
	}
}

// definedRoot is RFC 6962's definition written down, without any cleverness.
func definedRoot(leaves []Leaf) Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return Hash(leaves[0].hash())
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return Hash(tlog.NodeHash(tlog.Hash(definedRoot(leaves[:k])), tlog.Hash(definedRoot(leaves[k:]))))
}

// The order in which entrants are handed in does not show.
func TestListForgetsOrder(t *testing.T) {
	const n = 150
	a := NewList(n, entrant)
	b := NewList(n, func(i int) Leaf { return entrant(n - 1 - i) })
	if a.Root() != b.Root() {
		t.Errorf("roots %v and %v", a.Root(), b.Root())
	}
}

func TestListRefusesTwins(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a ticket that stands twice was frozen")
		}
	}()
	NewList(3, func(i int) Leaf { return entrant(i / 2) })
}

func TestSelect(t *testing.T) {
	seed, freeze := seedOf(1), seedOf(2)
	picks := Select(seed, freeze, 10, 1, nil, 3, nil)
	if len(picks) != 3 {
		t.Fatalf("3 of 10: %v", picks)
	}
	// More winners go on where fewer stopped.
	if more := Select(seed, freeze, 10, 1, nil, 5, nil); !slices.Equal(more[:3], picks) {
		t.Errorf("5 of 10 = %v does not begin as 3 of 10 = %v", more, picks)
	}
	// An excluded position comes up as before, and is passed over in the open.
	skipped := Select(seed, freeze, 10, 1, nil, 3, func(pos int) string {
		if pos == picks[0].Pos {
			return "won before"
		}
		return ""
	})
	if len(skipped) != 4 || skipped[0] != (Pick{picks[0].Pos, "won before"}) || skipped[1] != picks[1] {
		t.Errorf("with the first excluded: %v, before: %v", skipped, picks)
	}
	for what, other := range map[string][]Pick{
		"seed":    Select(seedOf(9), freeze, 1e6, 1, nil, 3, nil),
		"freeze":  Select(seed, seedOf(9), 1e6, 1, nil, 3, nil),
		"element": Select(seed, freeze, 1e6, 2, nil, 3, nil),
		"beacon":  Select(seed, freeze, 1e6, 1, []byte{0}, 3, nil),
	} {
		if slices.Equal(other, Select(seed, freeze, 1e6, 1, nil, 3, nil)) {
			t.Errorf("another %s picks the same", what)
		}
	}
}

// Select ends, with each position once, also when there is nobody to find.
func TestSelectExhausts(t *testing.T) {
	for _, n := range []int{0, 1, 2, 10, 100_000} {
		only := n / 2
		picks := Select(seedOf(3), seedOf(4), n, 1, nil, 2, func(pos int) string {
			if pos == only {
				return ""
			}
			return "voided"
		})
		seen := make([]bool, n)
		for _, p := range picks {
			if seen[p.Pos] || (p.Skip == "") != (p.Pos == only) {
				t.Fatalf("%d entrants: bad pick %v", n, p)
			}
			seen[p.Pos] = true
		}
		if len(picks) != n {
			t.Errorf("%d entrants: %d picks", n, len(picks))
		}
	}
}
