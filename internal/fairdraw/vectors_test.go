package fairdraw

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
)

var update = flag.Bool("update", false, "write testdata again; a change there is a new version of the scheme")

// vectors is the form of testdata/vectors.json, described in docs/FAIR-DRAW.md.
type vectors struct {
	Tickets []ticketVector `json:"tickets"`
	Lists   []listVector   `json:"lists"`
	Freezes []freezeVector `json:"freezes"`
	Draws   []drawVector   `json:"draws"`
}

type ticketVector struct {
	UID       ID     `json:"uid"`
	Activity  uint64 `json:"activity"`
	Run       uint64 `json:"run"`
	Pseudonym ID     `json:"pseudonym"`
	Nonce     ID     `json:"nonce"`
	Ticket    Ticket `json:"ticket"`
	Short     string `json:"short"`
	NonceHash Hash   `json:"nonce_hash"`
}

type listVector struct {
	Leaves     []Leaf `json:"leaves"` // in the list's order
	LeafHashes []Hash `json:"leaf_hashes"`
	Root       Hash   `json:"root"`
}

type freezeVector struct {
	Freeze      Freeze `json:"freeze"`
	Fingerprint string `json:"fingerprint"`
}

type drawVector struct {
	Name     string      `json:"name"`
	Seed     Hash        `json:"seed"`
	Freeze   Hash        `json:"freeze"`
	Size     int         `json:"size"`
	Element  int         `json:"element"`
	Beacon   string      `json:"beacon"`
	Wanted   int         `json:"wanted"`
	Excluded []exclusion `json:"excluded"`
	Picks    []pickJSON  `json:"picks"`
}

type exclusion struct {
	Pos    int    `json:"pos"`
	Reason string `json:"reason"`
}

type pickJSON struct {
	Pos  int    `json:"pos"`
	Skip string `json:"skip"`
}

func (d drawVector) run(t testing.TB) []pickJSON {
	t.Helper()
	beacon, err := hex.DecodeString(d.Beacon)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]string{}
	for _, e := range d.Excluded {
		out[e.Pos] = e.Reason
	}
	picks := []pickJSON{}
	for _, p := range Select(d.Seed, d.Freeze, d.Size, d.Element, beacon, d.Wanted, func(pos int) string { return out[pos] }) {
		picks = append(picks, pickJSON(p))
	}
	return picks
}

// drawCases are the 20 small draws, without their picks.
func drawCases() []drawVector {
	everyone := func(n int) (all []exclusion) {
		for pos := range n {
			all = append(all, exclusion{pos, "won before"})
		}
		return all
	}
	cases := []drawVector{
		{Name: "nobody", Size: 0, Element: 1, Wanted: 1},
		{Name: "alone", Size: 1, Element: 1, Wanted: 1},
		{Name: "one of two", Size: 2, Element: 1, Wanted: 1},
		{Name: "one of seven", Size: 7, Element: 1, Wanted: 1},
		{Name: "the same as element 2", Size: 7, Element: 2, Wanted: 1},
		{Name: "all of seven", Size: 7, Element: 1, Wanted: 7},
		{Name: "more than there are", Size: 5, Element: 1, Wanted: 8},
		{Name: "none wanted", Size: 5, Element: 1, Wanted: 0},
		{Name: "one excluded", Size: 3, Element: 1, Wanted: 2, Excluded: []exclusion{{1, "won before"}}},
		{Name: "two excluded, two reasons", Size: 4, Element: 9, Wanted: 2, Excluded: []exclusion{{0, "won before"}, {3, "voided"}}},
		{Name: "one left", Size: 6, Element: 3, Wanted: 1, Excluded: everyone(5)},
		{Name: "nobody left", Size: 6, Element: 3, Wanted: 2, Excluded: everyone(6)},
		{Name: "a hundred", Size: 100, Element: 1, Wanted: 10},
		{Name: "a thousand", Size: 1000, Element: 12, Wanted: 5},
		{Name: "a power of two", Size: 4096, Element: 1, Wanted: 3},
		{Name: "a million", Size: 1_000_000, Element: 1, Wanted: 10},
		{Name: "a quarter of the numbers rejected", Size: 3 << 30, Element: 1, Wanted: 12},
		{Name: "nearly half of the numbers rejected", Size: 1<<31 + 1, Element: 1, Wanted: 12},
		{Name: "the largest list", Size: 1<<32 - 1, Element: 1 << 40, Wanted: 4},
		{Name: "with public randomness", Size: 7, Element: 1, Wanted: 3, Beacon: seedOf(77).String()},
	}
	for i := range cases {
		cases[i].Seed, cases[i].Freeze = seedOf(uint64(i/6)), seedOf(uint64(100+i/6))
		if cases[i].Excluded == nil {
			cases[i].Excluded = []exclusion{}
		}
	}
	return cases
}

func makeVectors(t *testing.T) vectors {
	var v vectors
	for i := range byte(4) {
		tv := ticketVector{UID: testUID, Activity: uint64(i) * 300, Run: uint64(i) + 1, Pseudonym: ID{i}, Nonce: ID{15: i}}
		tv.Ticket = MakeTicket(tv.UID, tv.Activity, tv.Run, tv.Pseudonym, tv.Nonce)
		tv.Short, tv.NonceHash = tv.Ticket.Short(), HashNonce(tv.Nonce)
		v.Tickets = append(v.Tickets, tv)
	}
	for _, n := range []int{1, 2, 3, 6, 7, 9} {
		list := NewList(n, foreignEntrant)
		lv := listVector{Leaves: []Leaf{}, LeafHashes: []Hash{}, Root: list.Root()}
		for pos := range n {
			lv.Leaves = append(lv.Leaves, list.Leaf(pos))
			lv.LeafHashes = append(lv.LeafHashes, Hash(list.Leaf(pos).hash()))
		}
		v.Lists = append(v.Lists, lv)
	}
	for _, ra := range []raffle{newPlainRaffle(10), newRaffle(10)} {
		for _, r := range ra.records {
			v.Freezes = append(v.Freezes, freezeVector{r.Freeze, Fingerprint(r.Freeze.Hash)})
		}
	}
	for _, d := range drawCases() {
		d.Picks = d.run(t)
		v.Draws = append(v.Draws, d)
	}
	return v
}

// foreignEntrant is entrant with handles beyond ASCII, and some who cannot win.
func foreignEntrant(i int) Leaf {
	l := entrant(i)
	l.Unfit = map[int]string{1: SkipTookPart(2), 4: SkipElsewhere(2), 5: SkipLate}[i]
	l.Handle = []string{"", "Teal Otter 42", "Žlutý kůň", "漢字", "🦦 & <b>\"", "قندس"}[i%6]
	return l
}

// golden compares got with a file of testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = "testdata/" + name
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is pinned: records in the world were made by it\n%s", name, diff)
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestVectors(t *testing.T) {
	v := makeVectors(t)
	if n := len(v.Draws); n != 20 {
		t.Errorf("%d draws", n)
	}
	golden(t, "vectors.json", indented(t, v))
}

type question struct {
	Draws   []drawVector     `json:"draws,omitempty"`
	Tickets []ticketVector   `json:"tickets,omitempty"`
	Lists   [][]Leaf         `json:"lists,omitempty"`
	Freezes []Freeze         `json:"freezes,omitempty"`
	Records []recordQuestion `json:"records,omitempty"`
}

type recordQuestion struct {
	Record     string   `json:"record"`
	Earlier    []string `json:"earlier,omitempty"`
	List       string   `json:"list,omitempty"`
	Freeze     string   `json:"freeze,omitempty"`
	Commitment string   `json:"commitment,omitempty"`
	Round      int      `json:"round,omitempty"`

	Chains []beacon.Chain `json:"chains,omitempty"`
}

type answer struct {
	Draws   [][]pickJSON
	Tickets []struct {
		Ticket    Ticket
		Short     string
		NonceHash Hash `json:"nonce_hash"`
	}
	Lists []struct {
		Root Hash
	}
	Freezes []struct {
		Hash        Hash
		Fingerprint string
	}
	Records [][]struct {
		Name, Status, In, Out, Detail string
	}
}

// askPage has the page's JavaScript module answer.
func askPage(t *testing.T, q question) answer {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not on PATH: install Node.js 20.19 or later and run `npm ci`, to hold the page's verifier against this one")
	}
	in, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/page.mjs")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node testdata/page.mjs (after `npm ci`?): %v\n%s", err, stderr.Bytes())
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// randomDraws are drawn by a generator with a fixed seed.
func randomDraws(n int) []drawVector {
	rnd := rand.New(rand.NewPCG(1, 2))
	draws := make([]drawVector, n)
	for i := range draws {
		d := drawVector{
			Name: fmt.Sprint("random ", i), Seed: seedOf(rnd.Uint64()), Freeze: seedOf(rnd.Uint64()),
			Size: 1 + rnd.IntN(40), Element: 1 + rnd.IntN(1000), Wanted: rnd.IntN(12), Excluded: []exclusion{},
		}
		if i%4 == 0 {
			d.Size = 1 + int(rnd.Uint32N(1<<32-2))
		}
		if i%10 == 0 {
			d.Beacon = seedOf(rnd.Uint64()).String()
		}
		for range rnd.IntN(6) {
			d.Excluded = append(d.Excluded, exclusion{rnd.IntN(d.Size), "voided"})
		}
		draws[i] = d
	}
	return draws
}

// The page computes what this package computes: on every vector and on 1,000
// random draws.
func TestPageAgrees(t *testing.T) {
	v := makeVectors(t)
	q := question{Draws: append(drawCases(), randomDraws(1000)...), Tickets: v.Tickets}
	for _, l := range v.Lists {
		q.Lists = append(q.Lists, l.Leaves)
	}
	for _, f := range v.Freezes {
		q.Freezes = append(q.Freezes, f.Freeze)
	}
	a := askPage(t, q)
	if len(a.Freezes) != len(q.Freezes) || len(a.Draws) != len(q.Draws) || len(a.Tickets) != len(q.Tickets) || len(a.Lists) != len(q.Lists) {
		t.Fatalf("%d, %d, %d answers", len(a.Draws), len(a.Tickets), len(a.Lists))
	}
	for i, d := range q.Draws {
		if diff := cmp.Diff(d.run(t), a.Draws[i]); diff != "" {
			t.Errorf("draw %q (- Go, + page):\n%s", d.Name, diff)
		}
	}
	for i, w := range v.Tickets {
		if g := a.Tickets[i]; g.Ticket != w.Ticket || g.Short != w.Short || g.NonceHash != w.NonceHash {
			t.Errorf("ticket %d: page %+v, Go %+v", i, g, w)
		}
	}
	for i, w := range v.Lists {
		if g := a.Lists[i]; g.Root != w.Root {
			t.Errorf("list of %d: page %+v, Go %v", len(w.Leaves), g, w.Root)
		}
	}
	for i, w := range v.Freezes {
		if g := a.Freezes[i]; g.Hash != w.Freeze.Hash || g.Fingerprint != w.Fingerprint {
			t.Errorf("freeze %d: page %+v, Go %v", i, g, w.Freeze.Hash)
		}
	}
}
