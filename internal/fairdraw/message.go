package fairdraw

import "encoding/binary"

// The first field of each hashed message.
const (
	domainChain     = "drumroll/chain/v2"
	domainPseudonym = "drumroll/pseudonym/v2"
	domainTicket    = "drumroll/ticket/v2"
	domainNonce     = "drumroll/nonce/v2"
	domainLeaf      = "drumroll/leaf/v2"
	domainDraw      = "drumroll/draw/v2"
	domainFreeze    = "drumroll/freeze/v2"
	domainRecord    = "drumroll/record/v2"
)

// message is the input of a hash: fields one after the other, each as its
// length in bytes (4 bytes, big-endian) and its bytes.
type message []byte

// begin starts a message of the given domain in the storage of buf.
func begin(buf []byte, domain string) message {
	return message(buf[:0]).text(domain)
}

func (m message) bytes(b []byte) message {
	m = binary.BigEndian.AppendUint32(m, uint32(len(b)))
	return append(m, b...)
}

func (m message) text(s string) message {
	m = binary.BigEndian.AppendUint32(m, uint32(len(s)))
	return append(m, s...)
}

// number appends an integer as a field of 8 bytes, big-endian.
func (m message) number(n uint64) message {
	m = binary.BigEndian.AppendUint32(m, 8)
	return binary.BigEndian.AppendUint64(m, n)
}

// truth appends a boolean as the integer 1 or 0.
func (m message) truth(b bool) message {
	if b {
		return m.number(1)
	}
	return m.number(0)
}
