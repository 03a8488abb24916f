package event

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzApply: no bytes whatever make Apply panic; what it refuses changes
// nothing; and what it folded once it drops the second time.
func FuzzApply(f *testing.F) {
	for seed := range uint64(3) {
		for _, r := range randomLog(f, seed, 60) {
			f.Add(r.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		j := newJournal(t, true)
		poll, raffle := j.addPoll(Live, 2, "a", "b", "c"), j.addRaffle(1)
		j.open(poll)
		j.open(raffle)
		j.batch(vote(1, poll, 1, 3, 0), ticket(1, raffle, 1), ticket(2, raffle, 1))
		// The bytes as they are, and with a checksum that lets them in.
		for _, record := range [][]byte{data, resealed(data)} {
			before := dump(j.s)
			var res Result
			if err := j.s.Apply(Position{Ms: 2_000_000}, record, &res); err != nil {
				if got := dump(j.s); got != before {
					t.Fatalf("refused with %v, yet:\n%s", err, lineDiff(before, got))
				}
				continue
			}
			after := facts(j.s)
			if err := j.s.Apply(Position{Ms: 2_000_001}, record, &res); err != nil || !res.Repeat {
				t.Fatalf("the second time: %v, %+v", err, res)
			}
			if got := facts(j.s); got != after {
				t.Fatalf("the second time:\n%s", lineDiff(after, got))
			}
			look(j.s)
		}
	})
}

// resealed is data with the present version and the right checksum.
func resealed(data []byte) []byte {
	if len(data) < headerSize {
		return data
	}
	data = bytes.Clone(data)
	data[1] = version
	return seal(data, 0)
}

// FuzzBatch: what next reads, AppendItem writes and next reads again.
func FuzzBatch(f *testing.F) {
	header := AppendBatchHeader(nil, Identity{testUID, 1, 300})[headerSize:]
	items := []Item{vote(1, 2, 3, 4, 0, 49), ticket(5, 6, 7), JoinItem(8, "Ada")}
	body := bytes.Clone(header)
	for i := range items {
		body = AppendItem(body, &items[i])
		f.Add(body)
	}
	f.Add(header)
	f.Fuzz(func(t *testing.T, body []byte) {
		first, id, ok := readBatch(body)
		if !ok {
			return
		}
		again, id2, ok := readBatch(packed(id, first...)[headerSize:])
		if !ok || id != id2 {
			t.Fatalf("identity %+v came back as %+v, %v", id, id2, ok)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("(-first +again):\n%s", diff)
		}
	})
}

func readBatch(body []byte) (items []Item, id Identity, ok bool) {
	r, err := openBatch(body)
	if err != nil {
		return nil, id, false
	}
	for {
		var it Item
		more, err := r.nextItem(&it)
		if err != nil {
			return nil, id, false
		}
		if !more {
			return items, r.id, true
		}
		items = append(items, it)
	}
}

// FuzzCommand: a command that can be read is written and read again as the same.
func FuzzCommand(f *testing.F) {
	for seed := range uint64(3) {
		for _, r := range randomLog(f, seed, 60) {
			if r.data[0] == kindControl {
				f.Add(r.data[headerSize:])
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := decodeCommand(body)
		if err != nil {
			return
		}
		kind, written, err := unseal(AppendCommand(nil, first))
		if err != nil || kind != kindControl {
			t.Fatalf("kind %q, %v", kind, err)
		}
		again, err := decodeCommand(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		// Compared as text: an absent list and an empty one are written alike.
		a, errA := json.Marshal(first)
		b, errB := json.Marshal(again)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("%s came back as %s (%v, %v)", a, b, errA, errB)
		}
	})
}
