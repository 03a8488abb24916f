package fairdraw

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What a ticket's and a hash's text forms are read from is what String gives.
func FuzzParseHex(f *testing.F) {
	f.Add("7c19a2f00000000000000000000000ee")
	f.Add(seedOf(1).String())
	f.Add("7C19A2F00000000000000000000000EE")
	f.Fuzz(func(t *testing.T, s string) {
		if ticket, err := ParseTicket(s); err == nil && ticket.String() != s {
			t.Errorf("ParseTicket(%q) = %v", s, ticket)
		}
		var h Hash
		if err := h.UnmarshalText([]byte(s)); err == nil && h.String() != s {
			t.Errorf("Hash from %q = %v", s, h)
		}
	})
}

// Whatever is offered as a record, checking it ends, and what passes is read
// again as the same.
func FuzzRecord(f *testing.F) {
	ra := newRaffle(10)
	for i := range ra.records {
		f.Add([]byte(ra.json(f, i)))
	}
	f.Add([]byte(`{"version":3}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		steps := Check(data, Known{Earlier: [][]byte{[]byte(ra.json(t, 0))}})
		if len(steps) == 0 || steps[0].Name != StepRecord {
			t.Fatalf("steps %v", steps)
		}
		r, err := ParseRecord(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if r2, err := ParseRecord(again); err != nil || r2.digest() != r.digest() {
			t.Errorf("read again: %v", err)
		}
	})
}

// An entrant list is read to its end or to its first fault, and never gives
// more entrants than its head says.
func FuzzEntrants(f *testing.F) {
	ra := newRaffle(10)
	f.Add([]byte(ra.entrants(f, 0)))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, size := 0, 0
		err := readEntrants(bytes.NewReader(data), func(h ListHead) error {
			size = h.Freeze.Size
			return nil
		}, func(Leaf) error {
			n++
			return nil
		})
		if n > size || err == nil && n != size {
			t.Errorf("%d entrants of %d, then %v", n, size, err)
		}
	})
}
