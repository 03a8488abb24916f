package fairdraw

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Hash is a SHA-256 value: a chain element, a Merkle root or node, the hash of
// a nonce. Its text form is 64 lower-case hex digits.
type Hash [32]byte

// ID is the random identity of an event. Its text form is 32 lower-case hex
// digits.
type ID [16]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }
func (d ID) String() string   { return hex.EncodeToString(d[:]) }

// MarshalText gives the text form.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// MarshalText gives the text form.
func (d ID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form, and nothing else.
func (h *Hash) UnmarshalText(text []byte) error { return decodeHex(h[:], string(text)) }

// UnmarshalText reads the text form, and nothing else.
func (d *ID) UnmarshalText(text []byte) error { return decodeHex(d[:], string(text)) }

// decodeHex fills dst from exactly twice as many lower-case hex digits. One
// value has one text form, so that records can be compared as text.
func decodeHex(dst []byte, s string) error {
	if len(s) != 2*len(dst) {
		return fmt.Errorf("%d characters: want %d hex digits", len(s), 2*len(dst))
	}
	if strings.ToLower(s) != s {
		return fmt.Errorf("%q: want lower-case hex digits", s)
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return fmt.Errorf("%q: %w", s, err)
	}
	copy(dst, b)
	return nil
}

// Fingerprint is the first 48 bits of a frozen root in groups that people
// compare by eye between phone and screen: "7C19 A0F2 9B41".
func Fingerprint(root Hash) string {
	return fmt.Sprintf("%X %X %X", root[0:2], root[2:4], root[4:6])
}
