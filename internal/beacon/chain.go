package beacon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/sign/bls"
)

// Sizes in bytes of what a Chain holds and hands out.
const (
	hashSize      = 32
	keySize       = 96 // a compressed point of G2
	SignatureSize = 48 // a compressed point of G1
)

// Chain is what has to be known of a beacon to check its rounds. Its JSON is stored in
// an event's log, because the fold must decide the same on every node, no matter what
// the command line of a node says.
type Chain struct {
	Hash      Bytes  `json:"hash"`       // 32 bytes that name the chain
	PublicKey Bytes  `json:"public_key"` // 96 bytes
	Genesis   uint64 `json:"genesis"`    // when round 1 comes, in seconds since the Unix epoch
	Period    uint64 `json:"period"`     // seconds between rounds
}

// Quicknet is drand's chain with a round every three seconds.
func Quicknet() Chain {
	return Chain{
		Hash: mustHex("52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"),
		PublicKey: mustHex("83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c" +
			"8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb" +
			"5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"),
		Genesis: 1692803367,
		Period:  3,
	}
}

// Check says what is wrong with a configured chain.
func (c Chain) Check() error {
	switch {
	case len(c.Hash) != hashSize:
		return fmt.Errorf("beacon: the chain's hash has %d bytes, not %d", len(c.Hash), hashSize)
	case c.Period < 1 || c.Period > 86_400:
		return fmt.Errorf("beacon: a period of %d s", c.Period)
	case c.Genesis > 1<<40:
		return fmt.Errorf("beacon: a genesis at %d s", c.Genesis)
	}
	_, err := c.key()
	return err
}

func (c Chain) key() (*bls.PublicKey[bls.KeyG2SigG1], error) {
	key := new(bls.PublicKey[bls.KeyG2SigG1])
	// A compressed point has one length; circl takes longer ones as well.
	if len(c.PublicKey) != keySize {
		return nil, fmt.Errorf("beacon: the public key has %d bytes, not %d", len(c.PublicKey), keySize)
	}
	if err := key.UnmarshalBinary(c.PublicKey); err != nil {
		return nil, fmt.Errorf("beacon: public key: %w", err)
	}
	return key, nil
}

// TimeOf is when a round comes, in milliseconds since the Unix epoch. The first round
// is 1.
func (c Chain) TimeOf(round uint64) uint64 {
	return 1000 * (c.Genesis + c.Period*(round-1))
}

// RoundAt is the first round that comes at ms, in milliseconds since the Unix epoch, or
// later.
func (c Chain) RoundAt(ms uint64) uint64 {
	genesis, period := 1000*c.Genesis, 1000*c.Period
	if ms <= genesis {
		return 1
	}
	return (ms-genesis+period-1)/period + 1
}

// ErrSignature says that a signature is not the chain's for the round.
var ErrSignature = errors.New("beacon: the signature is not the chain's for this round")

// Verify checks a round's signature and returns its randomness. The error wraps
// ErrSignature, or says what is wrong with the chain's key.
func (c Chain) Verify(round uint64, signature []byte) (randomness [32]byte, err error) {
	key, err := c.key()
	if err != nil {
		return randomness, err
	}
	if len(signature) != SignatureSize || !bls.Verify(key, Message(round), signature) {
		return randomness, fmt.Errorf("%w (round %d)", ErrSignature, round)
	}
	return sha256.Sum256(signature), nil
}

// Message is what a chain signs in a round: SHA-256 of its number, 8 bytes,
// big-endian.
func Message(round uint64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], round)
	sum := sha256.Sum256(b[:])
	return sum[:]
}

// Bytes are written in JSON as lower-case hex digits.
type Bytes []byte

func (b Bytes) String() string { return hex.EncodeToString(b) }

// MarshalText gives hex digits.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads lower-case hex digits and nothing else, so that one value has one
// text form.
func (b *Bytes) UnmarshalText(text []byte) error {
	v, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	if Bytes(v).String() != string(text) {
		return fmt.Errorf("%q: want lower-case hex digits", text)
	}
	*b = v
	return nil
}

func mustHex(s string) Bytes {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
