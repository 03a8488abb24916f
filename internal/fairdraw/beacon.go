package fairdraw

import (
	"encoding/hex"
	"errors"
	"fmt"

	"drumroll/internal/beacon"
)

// beaconAhead is how long after the log's time of what names a round, in ms, the
// earliest round comes that it may name: nobody can know it yet, and phones hear
// of it first.
const beaconAhead = 10_000

// RoundFor is the round that a freeze, or the asking for a draw, at ms names.
func RoundFor(chain beacon.Chain, ms uint64) uint64 { return chain.RoundAt(ms + beaconAhead) }

// Beacon is the public randomness that went into a draw: a round that did not
// exist when the list was frozen or the draw asked for.
type Beacon struct {
	Asked      int       `json:"asked"` // Unix time in ms, the log's: of the freeze, or of the asking for a later draw
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

// Bytes is what goes into the draw: the randomness, or nothing without a beacon.
func (b *Beacon) Bytes() []byte {
	if b == nil {
		return nil
	}
	return b.Randomness[:]
}

// beacon checks that the round is the chain's, the randomness the round's, and the
// round that which the log's time gives.
func (v *verifier) beacon(known []beacon.Chain) {
	b, f := v.r.Beacon, &v.r.Freeze
	if b == nil {
		return
	}
	chain, err := knownChain(f.Beacon.Chain, known)
	var randomness [32]byte
	if err == nil {
		randomness, err = chain.Verify(uint64(b.Round), b.Signature[:])
	}
	out := ""
	if errors.Is(err, beacon.ErrSignature) {
		err = fmt.Errorf("the signature is not the beacon's for round %d", b.Round)
	} else if err == nil {
		out = Hash(randomness).String()
		err = unless(randomness == b.Randomness, "the signature of round %d gives %v, but %v went into the draw", b.Round, out, b.Randomness)
	}
	v.step(StepBeacon, fmt.Sprintf("chain %v, round %d, signature %v", f.Beacon.Chain, b.Round, b.Signature), out, err,
		fmt.Sprintf("this is round %d of the public beacon", b.Round))
	v.step(StepRound, fmt.Sprintf("asked at %d", b.Asked), fmt.Sprintf("round %d", b.Round), roundError(v.r, chain),
		"the round is the first that came ten seconds or more after the log's time of the freeze, or of the asking")
}

func knownChain(hash Hash, known []beacon.Chain) (beacon.Chain, error) {
	for _, c := range append([]beacon.Chain{beacon.Quicknet()}, known...) {
		if c.Hash.String() == hash.String() {
			return c, nil
		}
	}
	return beacon.Chain{}, fmt.Errorf("%v is no beacon that is known here", hash)
}

func roundError(r *Record, chain beacon.Chain) error {
	b, f := r.Beacon, &r.Freeze
	first := r.Element == f.Draws+1
	switch {
	case chain.Period == 0:
		return errors.New("without a known beacon nothing says when its rounds come")
	case uint64(f.Beacon.Round) != RoundFor(chain, uint64(f.At)):
		return fmt.Errorf("the freeze at %d has to name round %d, but names %d", f.At, RoundFor(chain, uint64(f.At)), f.Beacon.Round)
	case first && (b.Asked != f.At || b.Round != f.Beacon.Round):
		return fmt.Errorf("the first draw from a freeze takes its round, %d, but this one took %d", f.Beacon.Round, b.Round)
	case b.Asked < f.At:
		return fmt.Errorf("the draw was asked for at %d, before its freeze", b.Asked)
	case uint64(b.Round) != RoundFor(chain, uint64(b.Asked)):
		return fmt.Errorf("a draw asked for at %d takes round %d, but this one took %d", b.Asked, RoundFor(chain, uint64(b.Asked)), b.Round)
	}
	return nil
}
