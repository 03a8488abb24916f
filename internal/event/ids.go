package event

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// UID names one event for ever: a code may be used again, a UID never is.
type UID [16]byte

func (u UID) String() string { return hex.EncodeToString(u[:]) }

// MarshalText gives 32 lower-case hex digits.
func (u UID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (u *UID) UnmarshalText(b []byte) error { return decodeHex(u[:], b) }

// Participant is the random id of one phone in one event; never 0. It is not a
// secret: the token that proves it is signed.
type Participant uint64

func (p Participant) String() string { return fmt.Sprintf("%016x", uint64(p)) }

// ParseParticipant reads 16 hex digits.
func ParseParticipant(s string) (Participant, error) {
	var b [8]byte
	if err := decodeHex(b[:], []byte(s)); err != nil {
		return 0, err
	}
	p := Participant(binary.BigEndian.Uint64(b[:]))
	if p == 0 {
		return 0, fmt.Errorf("participant 0")
	}
	return p, nil
}

// MarshalText gives 16 hex digits.
func (p Participant) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads 16 hex digits.
func (p *Participant) UnmarshalText(b []byte) (err error) {
	*p, err = ParseParticipant(string(b))
	return err
}

// Producer is the random id of one process that appends; never 0.
type Producer uint64

// MarshalText gives 16 hex digits: JSON numbers would lose bits.
func (p Producer) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%016x", uint64(p)), nil }

// UnmarshalText reads 16 hex digits.
func (p *Producer) UnmarshalText(b []byte) error {
	var raw [8]byte
	if err := decodeHex(raw[:], b); err != nil {
		return err
	}
	*p = Producer(binary.BigEndian.Uint64(raw[:]))
	return nil
}

// Key is a SHA-256 hash of a host or remote key.
type Key [32]byte

// MarshalText gives 64 lower-case hex digits.
func (k Key) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(k[:])), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Key) UnmarshalText(b []byte) error { return decodeHex(k[:], b) }

// Position is where a record stands in the log; Ms is the log's clock in
// milliseconds since the Unix epoch. It mirrors eventlog.Offset, which this
// package does not import.
type Position struct{ Ms, Seq uint64 }

func (p Position) String() string { return string(p.Append(nil)) }

// Append appends String.
func (p Position) Append(b []byte) []byte {
	b = append(strconv.AppendUint(b, p.Ms, 10), '-')
	return strconv.AppendUint(b, p.Seq, 10)
}

// MarshalText gives "ms-seq".
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "ms-seq".
func (p *Position) UnmarshalText(b []byte) error {
	ms, seq, ok := strings.Cut(string(b), "-")
	if !ok {
		return fmt.Errorf("position %q: want ms-seq", b)
	}
	var err error
	if p.Ms, err = strconv.ParseUint(ms, 10, 64); err != nil {
		return err
	}
	p.Seq, err = strconv.ParseUint(seq, 10, 64)
	return err
}

func decodeHex(dst, src []byte) error {
	if len(src) != 2*len(dst) {
		return fmt.Errorf("%q: want %d hex digits", src, 2*len(dst))
	}
	_, err := hex.Decode(dst, src)
	return err
}
