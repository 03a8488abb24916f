package fairdraw

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
)

// RecordVersion is the version of the Record's form and of the scheme.
const RecordVersion = 2

// Record is one draw with all that is needed to check it alone: the body of
// GET /api/v1/events/{code}/draws/{n}. docs/draw-record.schema.json describes
// its JSON; integers are below 2⁵³.
type Record struct {
	Version int    `json:"version"`
	Code    string `json:"code"`    // of the event
	Title   string `json:"title"`   // the raffle's
	Draw    int    `json:"draw"`    // 1, 2, … through the event
	Element int    `json:"element"` // place of the seed in the run's chain: 1, 2, … through the run

	Freeze   Freeze  `json:"freeze"`           // what was fixed before
	Previous Hash    `json:"previous"`         // chain element Element−1
	Seed     Hash    `json:"seed"`             // chain element Element
	Beacon   *Beacon `json:"beacon,omitempty"` // public randomness, where the freeze has a beacon

	Prize   string  `json:"prize"`   // what the winners win, or ""
	Winners []Place `json:"winners"` // in the order drawn
	Skips   []Skip  `json:"skips"`   // in the order drawn

	// Winners of earlier draws of the run whose tickets were given back since the
	// draw before this one, with nobody drawn in their place.
	Returned []Skip `json:"returned"`
	// Of a redraw: the winner whose ticket was given back, and why.
	Voided *Place `json:"voided,omitempty"`
	Reason string `json:"reason,omitempty"`

	// Digest is SHA-256 over all of the above: a checksum of the copy, which
	// proves nothing against somebody who computes it again.
	Digest Hash `json:"digest"`
}

// Wanted is how many winners the draw was to find.
func (r *Record) Wanted() int {
	if r.Voided != nil {
		return 1
	}
	return r.Freeze.Rules.Wanted
}

// Shortfall is how many of them are missing, since nobody was left.
func (r *Record) Shortfall() int { return r.Wanted() - len(r.Winners) }

// Place is an entrant at a position of the frozen list, with the proof.
type Place struct {
	Position int `json:"position"` // 0 to Size−1
	Leaf
	Proof []Hash `json:"proof"`
}

// Skip is an entrant who came up and was passed over.
type Skip struct {
	Place
	Reason string `json:"reason"`
}

// Return is a ticket given back, and why.
type Return struct {
	Ticket Ticket
	Reason string
}

// NewRecord completes a record, of which r holds what comes neither from the list nor
// from the picks that Select made on it; voided is the ticket that a redraw gives back,
// in text form, or "". Positions outside of the list and a voided ticket that is not on
// it are the caller's mistake: it panics.
func NewRecord(r Record, list *List, picks []Pick, voided string, returned []Return) *Record {
	r.Version, r.Winners, r.Skips, r.Returned = RecordVersion, []Place{}, []Skip{}, []Skip{}
	for _, p := range picks {
		if p.Skip == "" {
			r.Winners = append(r.Winners, placeAt(list, p.Pos))
		} else {
			r.Skips = append(r.Skips, Skip{placeAt(list, p.Pos), p.Skip})
		}
	}
	if voided != "" {
		ticket, err := ParseTicket(voided)
		if err != nil {
			panic(fmt.Sprintf("fairdraw: voided %v", err))
		}
		place := placeOf(list, ticket)
		r.Voided = &place
	}
	for _, back := range returned {
		r.Returned = append(r.Returned, Skip{placeOf(list, back.Ticket), back.Reason})
	}
	r.Digest = r.digest()
	return &r
}

func placeOf(list *List, ticket Ticket) Place {
	pos, ok := list.Find(ticket)
	if !ok {
		panic(fmt.Sprintf("fairdraw: voided ticket %v is not on the list", ticket))
	}
	return placeAt(list, pos)
}

func placeAt(list *List, pos int) Place {
	proof, err := list.Proof(pos)
	if err != nil {
		panic(fmt.Sprintf("fairdraw: %v", err))
	}
	return Place{Position: pos, Leaf: list.Leaf(pos), Proof: proof}
}

// digest is SHA-256 over the message of all members but Digest, in the order of
// the struct; the freeze stands in it by its hash, a list is its length and then its
// elements' fields, and Beacon and Voided are lists of at most one.
func (r *Record) digest() Hash {
	m := begin(nil, domainRecord).
		text(r.Code).text(r.Title).number(uint64(r.Draw)).number(uint64(r.Element)).
		bytes(r.Freeze.Hash[:]).bytes(r.Previous[:]).bytes(r.Seed[:])
	m = m.truth(r.Beacon != nil)
	if b := r.Beacon; b != nil {
		m = m.number(uint64(b.Asked)).number(uint64(b.Round)).bytes(b.Signature[:]).bytes(b.Randomness[:])
	}
	m = m.text(r.Prize).number(uint64(len(r.Winners)))
	for _, w := range r.Winners {
		m = m.place(w)
	}
	m = m.skips(r.Skips).skips(r.Returned).truth(r.Voided != nil)
	if r.Voided != nil {
		m = m.place(*r.Voided)
	}
	return sha256.Sum256(m.text(r.Reason))
}

func (m message) skips(skips []Skip) message {
	m = m.number(uint64(len(skips)))
	for _, s := range skips {
		m = m.place(s.Place).text(s.Reason)
	}
	return m
}

func (m message) place(p Place) message {
	m = m.number(uint64(p.Position)).bytes(p.Ticket[:]).text(p.Handle).bytes(p.NonceHash[:]).text(p.Unfit)
	m = m.number(uint64(len(p.Proof)))
	for _, h := range p.Proof {
		m = m.bytes(h[:])
	}
	return m
}

// ParseRecord reads the JSON of a record: exactly what a Record encodes to, in
// any order of members and with any white space (decodeStrictly).
func ParseRecord(data []byte) (*Record, error) {
	said, _, err := parseStrictly(data)
	if err != nil {
		return nil, fmt.Errorf("draw record: %w", err)
	}
	if members, _ := said.(map[string]any); members["version"] != json.Number(strconv.Itoa(RecordVersion)) {
		return nil, fmt.Errorf("draw record: version %v, and only version %d can be checked here", members["version"], RecordVersion)
	}
	r := new(Record)
	if err := decodeStrictly(data, r); err != nil {
		return nil, fmt.Errorf("draw record: %w", err)
	}
	return r, nil
}
