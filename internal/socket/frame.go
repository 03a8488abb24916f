package socket

import "encoding/binary"

// Frames to the peer are whole, final and unmasked (RFC 6455 section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	maxHeader = 10
)

// AppendText appends a text frame with the given payload.
func AppendText(dst, payload []byte) []byte {
	return append(appendHeader(dst, opText, len(payload)), payload...)
}

// Text builds a text frame of a payload in parts, in one allocation.
func Text(parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	b := appendHeader(make([]byte, 0, maxHeader+size), opText, size)
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}

func appendHeader(dst []byte, op byte, n int) []byte {
	switch {
	case n < 126:
		return append(dst, flagFinal|op, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, flagFinal|op, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, flagFinal|op, 127), uint64(n))
	}
}

// appendClose appends a close frame; a reason is cut to what fits (section 5.5:
// 125 bytes with the code).
func appendClose(dst []byte, code int, reason string) []byte {
	reason = reason[:min(len(reason), 123)]
	dst = appendHeader(dst, opClose, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// appendControl appends a control frame with a payload of at most 125 bytes.
func appendControl(dst []byte, op byte, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload)), payload...)
}
