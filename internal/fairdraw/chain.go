package fairdraw

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// ChainLength is how many draws one run can have: each reveals one element.
const ChainLength = 1024

// Chain is the hash chain of secret seeds of one run. Element 0 is the
// commitment, element k is the seed of the run's k-th draw, and SHA-256 of
// element k is element k−1. So an element shows that it belongs to the
// commitment, and tells nothing of the elements after it.
type Chain struct{ secret Hash }

// NewChain derives the chain of a run. The last element is HMAC-SHA256 under
// the signing key over (domain, event uid, activity, run), a pseudo-random
// function of its message (RFC 2104, used as in HKDF's expand step, RFC 5869):
// nodes that share the key need to store nothing, and one run's chain tells
// nothing about another's or about the key.
func NewChain(signingKey []byte, uid [16]byte, activity, run uint64) *Chain {
	mac := hmac.New(sha256.New, signingKey)
	mac.Write(begin(nil, domainChain).bytes(uid[:]).number(activity).number(run))
	return &Chain{secret: Hash(mac.Sum(nil))}
}

// Element computes element k, 0 to ChainLength, with ChainLength−k hashes. It
// panics outside of that range.
func (c *Chain) Element(k int) Hash {
	if k < 0 || k > ChainLength {
		panic(fmt.Sprintf("fairdraw: chain element %d of %d", k, ChainLength))
	}
	return Rewind(c.secret, ChainLength-k)
}

// Rewind hashes a chain element the given number of times: the element that
// stands that many places before it.
func Rewind(element Hash, steps int) Hash {
	for range steps {
		element = sha256.Sum256(element[:])
	}
	return element
}
