package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// Socket is a phone's websocket: it enters with frames encoded beforehand, and
// tells acknowledgements from ticks and states.
type Socket struct {
	frames [2][]byte // one for each choice
	place  int       // of the digits of n behind the frame's header
	n      uint32
}

// mask is the masking key of every frame: a server cannot know that it is always
// the same.
const mask = "\x37\xfa\x21\x3d"

// NewSocket is the wire of a phone that votes in a poll.
func NewSocket(ref string, activity, run int) *Socket {
	s := &Socket{n: firstN}
	for choice := range s.frames {
		payload := fmt.Sprintf(`{"t":"entry","ref":%q,"activity":%d,"run":%d,"n":%d,"choice":[%d]}`, ref, activity, run, firstN, choice)
		s.frames[choice] = Masked([]byte(payload))
		s.place = bytes.LastIndex([]byte(payload), []byte(strconv.Itoa(firstN)))
	}
	return s
}

// Masked is a text frame as a client sends it, of up to 64 KB.
func Masked(payload []byte) []byte {
	frame := []byte{0x81}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload)))
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(len(payload)))
	}
	frame = append(frame, mask...)
	for i, c := range payload {
		frame = append(frame, c^mask[i%4])
	}
	return frame
}

const smallHead = 2 + len(mask)

// Next is the next entry, with its own n.
func (s *Socket) Next() []byte {
	s.n++
	frame := s.frames[s.n%2]
	room := frame[smallHead+s.place:][:9]
	digits(room, s.n)
	for i := range room {
		room[i] ^= mask[(s.place+i)%4]
	}
	return frame
}

// Frame finds the first whole frame of a server in data: its length, opcode
// and payload; length 0 while it has not come whole.
func Frame(data []byte) (length int, opcode byte, payload []byte) {
	if len(data) < 2 {
		return 0, 0, nil
	}
	head, size := 2, int(data[1]&0x7f)
	switch {
	case size == 126 && len(data) >= 4:
		head, size = 4, int(binary.BigEndian.Uint16(data[2:]))
	case size == 127 && len(data) >= 10:
		head, size = 10, int(binary.BigEndian.Uint64(data[2:]))
	case size >= 126:
		return 0, 0, nil
	}
	if len(data) < head+size {
		return 0, 0, nil
	}
	return head + size, data[0] & 0x0f, data[head : head+size]
}

var (
	ackStart  = []byte(`{"t":"ack"`)
	tickStart = []byte(`{"t":"tick"`)
	counted   = []byte(`"status":"counted"`)
	changed   = []byte(`"status":"changed"`)
	unchanged = []byte(`"status":"unchanged"`)
	retry     = []byte(`"status":"retry"`)
)

const opText = 1

// Split tells a server's frames apart.
func (s *Socket) Split(data []byte) (int, Kind) { return splitFrame(data) }

func splitFrame(data []byte) (int, Kind) {
	n, opcode, payload := Frame(data)
	switch {
	case n == 0 || opcode != opText:
		return n, Aside
	case bytes.HasPrefix(payload, tickStart):
		return n, Broadcast
	case !bytes.HasPrefix(payload, ackStart):
		return n, Aside
	case bytes.Contains(payload, changed), bytes.Contains(payload, counted), bytes.Contains(payload, unchanged):
		return n, Accepted
	case bytes.Contains(payload, retry):
		return n, Refused
	}
	return n, Failed
}

// Handshake opens the websocket on a fresh connection; a *Busy error asks to
// come again on another one.
func Handshake(fd int, host, path, headers string) (early []byte, err error) {
	return upgrade(fd, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, host, headers))
}

// Phone opens a phone's websocket.
func Phone(addr, code, token string, from int) (fd int, early []byte, err error) {
	fd, err = Dial(addr, from)
	if err != nil {
		return -1, nil, err
	}
	early, err = Handshake(fd, addr, "/"+code+"/ws?view=phone",
		"Sec-WebSocket-Protocol: drumroll.v1\r\nAuthorization: Bearer "+token+"\r\n")
	if err != nil {
		_ = unix.Close(fd)
		return -1, nil, err
	}
	return fd, early, nil
}

// Greeted waits for a connection's first frame, by which its server tells that it
// is one of the crowd; early is what was read before, rest what came behind.
func Greeted(fd int, early []byte) (rest []byte, err error) {
	buf := make([]byte, 4096)
	for {
		if n, _, _ := Frame(early); n > 0 {
			return early[n:], nil
		}
		n, err := Read(fd, buf)
		if err != nil {
			return nil, fmt.Errorf("greeting: %w", err)
		}
		if n == 0 {
			return nil, errors.New("greeting: the server hung up")
		}
		early = append(early, buf[:n]...)
	}
}
