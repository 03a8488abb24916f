package socket

import (
	"encoding/binary"
)

// MaxReadLimit is the most that a message of the peer may have, in bytes.
const MaxReadLimit = 2048 - maxMasked

// A frame of the peer has at most so many bytes before its payload.
const maxMasked = maxHeader + 4

const (
	flagFinal  = 0x80
	flagMasked = 0x80

	codeProtocol = 1002
	codeTooBig   = 1009

	maxControl = 125 // bytes a control frame's payload (RFC 6455 section 5.5)
)

// inbound takes the peer's bytes apart (RFC 6455 section 5). It sees them in
// pieces of any size, and keeps only what is unfinished: nothing, as a rule.
type inbound struct {
	limit   int    // bytes a message
	held    []byte // the start of a frame whose rest has not come; at most limit+maxMasked
	message []byte // the first frames of a message whose rest has not come
	within  bool   // such a message is under way
}

// next takes the first message or control frame off b. op is opText, opClose,
// opPing or opPong, with its payload unmasked in place, valid until b is used
// again; or 0 where b holds no whole frame any more. fault is the close code for
// a peer that breaks the rules, and 0 otherwise.
func (in *inbound) next(b []byte) (op byte, payload, rest []byte, fault int) {
	for {
		head, size, short := header(b)
		if short {
			return 0, nil, b, 0
		}
		if fault := in.check(b[0], b[1], size); fault != 0 {
			return 0, nil, b, fault
		}
		end := head + int(size)
		if len(b) < end {
			return 0, nil, b, 0
		}
		first := b[0]
		payload, rest = b[head:end], b[end:]
		unmask(payload, [4]byte(b[head-4:head]))
		switch op := first &^ flagFinal; {
		case op >= opClose:
			return op, payload, rest, 0
		case first == flagFinal|opText:
			return op, payload, rest, 0
		}
		// Cleared by the message's end, so that a connection does not keep it.
		in.message = append(in.message, payload...)
		in.within = first&flagFinal == 0
		if !in.within {
			payload, in.message = in.message, nil
			return opText, payload, rest, 0
		}
		b = rest
	}
}

// header is the length of a masked frame's header and of its payload; short where
// b does not hold all of it.
func header(b []byte) (head int, size uint64, short bool) {
	if len(b) < 2 {
		return 0, 0, true
	}
	head, size = 2, uint64(b[1]&^flagMasked)
	switch size {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if b[1]&flagMasked == 0 {
		return head, size, false // a fault, whatever follows
	}
	if len(b) < head+4 {
		return 0, 0, true
	}
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		size = binary.BigEndian.Uint64(b[2:])
	}
	return head + 4, size, false
}

// check judges a frame by its header.
func (in *inbound) check(first, second byte, size uint64) (fault int) {
	op, final := first&^flagFinal, first&flagFinal != 0
	switch {
	case second&flagMasked == 0: // section 5.1
		return codeProtocol
	case op == opText, op == opContinuation:
		if in.within != (op == opContinuation) {
			return codeProtocol // section 5.4
		}
		if size > uint64(in.limit-len(in.message)) {
			return codeTooBig
		}
		return 0
	case op == opBinary && !in.within:
		return CloseUnsupported
	case op == opClose, op == opPing, op == opPong:
		if !final || size > maxControl {
			return codeProtocol
		}
		return 0
	}
	return codeProtocol // a reserved bit or opcode, or binary within a message
}

// unmask undoes the peer's masking (section 5.3), eight bytes at a time.
func unmask(b []byte, key [4]byte) {
	k := uint64(binary.LittleEndian.Uint32(key[:]))
	k |= k << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

// hold keeps what next has left over until more comes.
func (in *inbound) hold(rest []byte) {
	if len(rest) == 0 {
		in.held = nil
		return
	}
	in.held = append(in.held[:0], rest...)
}
