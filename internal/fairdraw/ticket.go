package fairdraw

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Ticket is one participant's ticket in one run of a raffle.
type Ticket [16]byte

// MakeTicket computes a ticket: the first 16 bytes of SHA-256 over (domain,
// event uid, activity, run, pseudonym, nonce). The pseudonym is told to the
// phone first, then the phone chooses its nonce at random, so that neither side
// chooses the ticket.
func MakeTicket(uid [16]byte, activity, run uint64, pseudonym, nonce [16]byte) Ticket {
	var buf [160]byte
	sum := sha256.Sum256(begin(buf[:], domainTicket).
		bytes(uid[:]).number(activity).number(run).bytes(pseudonym[:]).bytes(nonce[:]))
	return Ticket(sum[:16])
}

// MakePseudonym derives the pseudonym of a participant in one run: the first 16
// bytes of HMAC-SHA256 under the signing key over (domain, event uid, activity,
// run, participant). It is the same whenever it is asked for, and without the key
// nobody can link a participant's pseudonyms in two raffles.
func MakePseudonym(signingKey []byte, uid [16]byte, activity, run, participant uint64) [16]byte {
	mac := hmac.New(sha256.New, signingKey)
	mac.Write(begin(nil, domainPseudonym).bytes(uid[:]).number(activity).number(run).number(participant))
	return [16]byte(mac.Sum(nil)[:16])
}

// HashNonce is what the public list says of a phone's nonce: SHA-256 over
// (domain, nonce). A phone that kept its nonce recognises it there.
func HashNonce(nonce [16]byte) Hash {
	var buf [64]byte
	return sha256.Sum256(begin(buf[:], domainNonce).bytes(nonce[:]))
}

// ParseTicket reads what String wrote.
func ParseTicket(s string) (Ticket, error) {
	var t Ticket
	if err := decodeHex(t[:], s); err != nil {
		return Ticket{}, fmt.Errorf("ticket %w", err)
	}
	return t, nil
}

// String gives 32 lower-case hex digits.
func (t Ticket) String() string { return hex.EncodeToString(t[:]) }

// Short is what stands next to a handle, since handles repeat in a crowd:
// "7C19-A2".
func (t Ticket) Short() string { return fmt.Sprintf("%X-%X", t[:2], t[2:3]) }

// Compare orders tickets as the frozen list does: byte by byte.
func (t Ticket) Compare(u Ticket) int { return bytes.Compare(t[:], u[:]) }

// MarshalText gives String.
func (t Ticket) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what String wrote.
func (t *Ticket) UnmarshalText(text []byte) error { return decodeHex(t[:], string(text)) }

// Leaf is one entrant of the frozen list. Handle is valid UTF-8.
type Leaf struct {
	Ticket    Ticket `json:"ticket"`
	Handle    string `json:"handle"`
	NonceHash Hash   `json:"nonce_hash"`
	Unfit     string `json:"unfit"` // why the ticket cannot win, or ""
}

// hash is the leaf's hash in the Merkle tree: SHA-256 over a zero byte and the
// message (domain, ticket, handle, nonce hash, unfit), RFC 6962 section 2.1.
func (l Leaf) hash() tlog.Hash {
	var buf [256]byte
	m := append(message(buf[:0]), 0)
	m = m.text(domainLeaf).bytes(l.Ticket[:]).text(l.Handle).bytes(l.NonceHash[:]).text(l.Unfit)
	return sha256.Sum256(m)
}
