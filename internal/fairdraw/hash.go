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
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(dst) || strings.ToLower(s) != s {
		return fmt.Errorf("want %d lower-case hex digits", 2*len(dst))
	}
	copy(dst, b)
	return nil
}

// Fingerprint is the first 128 bits of a freeze's hash, or of a commitment, in
// groups that people compare by eye: "7C19 A0F2 …", eight of them. Fewer bits
// would let somebody with some hours look for two freezes that look the same.
func Fingerprint(h Hash) string {
	return fmt.Sprintf("%X %X %X %X %X %X %X %X", h[0:2], h[2:4], h[4:6], h[6:8], h[8:10], h[10:12], h[12:14], h[14:16])
}
