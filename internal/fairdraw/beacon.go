package fairdraw

import (
	"encoding/hex"
	"errors"
	"fmt"

	"drumroll/internal/beacon"
)

// Beacon is the public randomness that went into a draw: a round that did not
// exist when the list was frozen or the draw asked for.
type Beacon struct {
	Chain      Hash      `json:"chain"` // which chain of rounds
	Round      int       `json:"round"`
	Signature  Signature `json:"signature"`  // the chain's, of this round
	Randomness Hash      `json:"randomness"` // SHA-256 of the signature; goes into the draw
}

// Signature is a chain's signature of a round: 96 lower-case hex digits.
type Signature [beacon.SignatureSize]byte

func (s Signature) String() string { return hex.EncodeToString(s[:]) }

// MarshalText gives String.
func (s Signature) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String wrote.
func (s *Signature) UnmarshalText(text []byte) error { return decodeHex(s[:], string(text)) }

// bytes is what goes into the draw: the randomness, or nothing.
func (b *Beacon) bytes() []byte {
	if b == nil {
		return nil
	}
	return b.Randomness[:]
}

// beacon checks that the round is the chain's, and the randomness the round's.
func (v *verifier) beacon(known []beacon.Chain) {
	b := v.r.Beacon
	if b == nil {
		return
	}
	randomness, err := beaconRandomness(b, known)
	out := ""
	if err == nil {
		out = randomness.String()
	}
	if err == nil && randomness != b.Randomness {
		err = fmt.Errorf("the signature of round %d gives %v, but %v went into the draw", b.Round, randomness, b.Randomness)
	}
	v.step(StepBeacon, fmt.Sprintf("chain %v, round %d, signature %v", b.Chain, b.Round, b.Signature), out, err,
		fmt.Sprintf("round %d of the public beacon, which nobody could know before its time", b.Round))
}

func beaconRandomness(b *Beacon, known []beacon.Chain) (Hash, error) {
	for _, c := range append([]beacon.Chain{beacon.Quicknet()}, known...) {
		if c.Hash.String() != b.Chain.String() {
			continue
		}
		randomness, err := c.Verify(uint64(b.Round), b.Signature[:])
		if errors.Is(err, beacon.ErrSignature) {
			return Hash{}, fmt.Errorf("the signature is not the beacon's for round %d", b.Round)
		}
		return randomness, err
	}
	return Hash{}, fmt.Errorf("%v is no beacon that is known here", b.Chain)
}
