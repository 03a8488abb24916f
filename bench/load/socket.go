package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// Socket is a phone's websocket. Its entries are encoded in advance.
type Socket struct {
	frames [2][]byte // one for each choice
	place  int       // of the digits of n in the payload
	n      uint32
}

// mask is the masking key of every frame. A server cannot know that it is always
// the same.
const mask = "\x37\xfa\x21\x3d"

// NewSocket is the wire of a phone that votes in a poll.
func NewSocket(activity, run int) *Socket {
	s := &Socket{n: firstN}
	for choice := range s.frames {
		payload := fmt.Appendf(nil, `{"t":"entry","ref":"p100","activity":%d,"run":%d,"n":%d,"choice":[%d]}`, activity, run, firstN, choice)
		s.frames[choice] = Masked(payload)
		s.place = bytes.Index(payload, []byte(strconv.Itoa(firstN)))
	}
	return s
}

// Masked is a text frame as a client sends it, of up to 125 bytes.
func Masked(payload []byte) []byte {
	frame := append([]byte{0x81, 0x80 | byte(len(payload))}, mask...)
	for i, c := range payload {
		frame = append(frame, c^mask[i%4])
	}
	return frame
}

const clientHead = 2 + len(mask)

// Next is the next entry, with an n of its own.
func (s *Socket) Next() []byte {
	s.n++
	frame := s.frames[s.n%2]
	digits := frame[clientHead+s.place:][:9]
	putDigits(digits, s.n)
	for i := range digits {
		digits[i] ^= mask[(s.place+i)%4]
	}
	return frame
}

// Frame finds the first whole frame of a server in data: its length, opcode and
// payload. The length is 0 as long as the frame is incomplete.
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

// Split finds the next frame. Acknowledgements answer a request, ticks are
// broadcasts.
func (*Socket) Split(data []byte) (int, Kind) {
	n, opcode, payload := Frame(data)
	switch {
	case n == 0 || opcode != opText:
		return n, Other
	case bytes.HasPrefix(payload, tickStart):
		return n, Broadcast
	case !bytes.HasPrefix(payload, ackStart):
		return n, Other
	case bytes.Contains(payload, changed), bytes.Contains(payload, counted), bytes.Contains(payload, unchanged):
		return n, Accepted
	case bytes.Contains(payload, retry):
		return n, Refused
	}
	return n, Failed
}

// Handshake opens a websocket on a new connection. A *BusyError asks to try again
// on another one.
func Handshake(fd int, host, path, headers string) (early []byte, err error) {
	return upgrade(fd, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, host, headers))
}

// OpenView opens the websocket of a view (phone, screen or host). The token or host
// key is empty for a screen. The loopback address follows from the number from.
func OpenView(addr, code, view, token string, from int) (fd int, early []byte, err error) {
	headers := "Sec-WebSocket-Protocol: drumroll.v1\r\n"
	if token != "" {
		headers += "Authorization: Bearer " + token + "\r\n"
	}
	return Open(addr, from, func(fd int) ([]byte, error) {
		return Handshake(fd, addr, "/"+code+"/ws?view="+view, headers)
	})
}

// WaitForFrame waits for the first frame of a connection, with which its server
// says that it is ready; early is what was read before, rest what followed.
func WaitForFrame(fd int, early []byte) (rest []byte, err error) {
	buf := make([]byte, 4096)
	for {
		if n, _, _ := Frame(early); n > 0 {
			return early[n:], nil
		}
		n, err := Read(fd, buf)
		if err != nil {
			return nil, fmt.Errorf("first frame: %w", err)
		}
		if n == 0 {
			return nil, errors.New("first frame: the server hung up")
		}
		early = append(early, buf[:n]...)
	}
}

// Echo is the wire of the bare TCP echo: it sends the bytes of an entry, and the
// same bytes are the answer.
type Echo struct{ Bytes []byte }

// Next is the entry.
func (e *Echo) Next() []byte { return e.Bytes }

// Split counts bytes, since an echo has no frames.
func (e *Echo) Split(data []byte) (int, Kind) {
	if len(data) < len(e.Bytes) {
		return 0, Other
	}
	return len(e.Bytes), Accepted
}

// Writes listens to a bare loop of writes, which sends websocket frames without a
// handshake. Any byte asks for a broadcast.
type Writes struct{}

// Next asks for a broadcast.
func (Writes) Next() []byte { return []byte{'b'} }

// Split takes each frame for a broadcast.
func (Writes) Split(data []byte) (int, Kind) {
	n, _, _ := Frame(data)
	return n, Broadcast
}

// Centrifuge listens to the publications of a centrifuge server.
type Centrifuge struct{}

// Next asks for a broadcast.
func (Centrifuge) Next() []byte { return Masked([]byte(`{"id":2,"rpc":{"method":"broadcast"}}`)) }

var push = []byte(`"pub":`)

// Split finds publications. One frame may hold several lines.
func (Centrifuge) Split(data []byte) (int, Kind) {
	n, _, payload := Frame(data)
	if n > 0 && bytes.Contains(payload, push) {
		return n, Broadcast
	}
	return n, Other
}

// Subscribe opens the websocket of a centrifuge server and waits until it is
// subscribed.
func Subscribe(fd int, addr string) (early []byte, err error) {
	if early, err = Handshake(fd, addr, "/connection/websocket", ""); err != nil {
		return nil, err
	}
	if _, err = unix.Write(fd, Masked([]byte(`{"id":1,"connect":{}}`))); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return WaitForFrame(fd, early)
}
