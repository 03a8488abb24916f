package fairdraw

import (
	"io"
	"testing"
)

const million = 1_000_000

// millionLeaves are kept ready, as a fold keeps them.
func millionLeaves() func(i int) Leaf {
	leaves := make([]Leaf, million)
	for i := range leaves {
		leaves[i] = entrant(i)
	}
	return func(i int) Leaf { return leaves[i] }
}

func BenchmarkListOfMillion(b *testing.B) {
	leaf := millionLeaves()
	b.ReportAllocs()
	for b.Loop() {
		NewList(million, leaf)
	}
}

func BenchmarkProofOfMillion(b *testing.B) {
	list := NewList(million, millionLeaves())
	pos := 0
	for b.Loop() {
		if _, err := list.Proof(pos); err != nil {
			b.Fatal(err)
		}
		pos = (pos + 7919) % million
	}
}

// A draw of 1,000 winners with their proofs.
func BenchmarkDrawOfMillion(b *testing.B) {
	list := NewList(million, millionLeaves())
	freeze := &Freeze{Rules: Rules{Wanted: 1000}}
	freeze.Seal(list)
	b.ReportAllocs()
	for b.Loop() {
		picks := Select(Hash{1}, freeze.Hash, list.Size(), 1, nil, 1000, nil)
		NewRecord(Record{Freeze: *freeze}, list, picks, "", nil)
	}
}

// The worst draw: nobody of a million is left, and everybody comes up.
func BenchmarkSelectExhausted(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Select(Hash{1}, Hash{2}, million, 1, nil, 1, func(int) string { return SkipWon })
	}
}

func BenchmarkWriteEntrantsMillion(b *testing.B) {
	list := NewList(million, millionLeaves())
	for b.Loop() {
		if err := WriteEntrants(io.Discard, &Record{}, list); err != nil {
			b.Fatal(err)
		}
	}
}
