package socket

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

const testLimit = 300

// heard is what a peer's bytes amount to.
type heard struct {
	Messages, Pings []string
}

// ours takes the bytes apart in pieces of the given size.
func ours(stream []byte, piece int) (h heard) {
	in := inbound{limit: testLimit}
	for chunk := range slices.Chunk(stream, piece) {
		b := append(slices.Clone(in.held), chunk...)
		if len(b) > readSize {
			panic("more is held than a read has room for")
		}
		for more := true; more; {
			op, payload, rest, fault := in.next(b)
			switch {
			case fault != 0, op == opClose:
				return h
			case op == 0:
				in.hold(rest)
				more = false
			case op == opText:
				h.Messages = append(h.Messages, string(payload))
			case op == opPing:
				h.Pings = append(h.Pings, string(payload))
			}
			b = rest
		}
	}
	panic("the stream has no end")
}

// theirs has the library read the bytes.
func theirs(t *testing.T, stream []byte) (h heard) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="} {
		r.Header.Set(k, v)
	}
	s := &script{Reader: bytes.NewReader(stream)}
	c, err := websocket.Accept(scripted{httptest.NewRecorder(), s}, r, &websocket.AcceptOptions{
		OnPingReceived: func(_ context.Context, payload []byte) bool {
			h.Pings = append(h.Pings, string(payload))
			return true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(testLimit)
	for {
		kind, r, err := c.Reader(t.Context())
		if err != nil || kind != websocket.MessageText {
			return h
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return h
		}
		h.Messages = append(h.Messages, string(b))
	}
}

// script is a connection to a peer that has sent all it will.
type script struct{ *bytes.Reader }

func (*script) Write(p []byte) (int, error)      { return len(p), nil }
func (*script) Close() error                     { return nil }
func (*script) LocalAddr() net.Addr              { return nil }
func (*script) RemoteAddr() net.Addr             { return nil }
func (*script) SetDeadline(time.Time) error      { return nil }
func (*script) SetReadDeadline(time.Time) error  { return nil }
func (*script) SetWriteDeadline(time.Time) error { return nil }

type scripted struct {
	http.ResponseWriter
	s *script
}

func (h scripted) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.s, bufio.NewReadWriter(bufio.NewReader(h.s), bufio.NewWriter(h.s)), nil
}

// frame is a frame of a peer, masked.
func frame(first byte, payload string) []byte {
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b := appendHeader(nil, 0, len(payload))
	b[0] = first
	b[1] |= flagMasked
	b = append(append(b, key[:]...), payload...)
	unmask(b[len(b)-len(payload):], key)
	return b
}

// FuzzInbound: whatever a peer sends, in whatever pieces it comes, is read as the
// library reads it: the same messages and pings, up to the same end.
func FuzzInbound(f *testing.F) {
	long := strings.Repeat("x", testLimit)
	for _, stream := range [][]byte{
		frame(0x81, `{"t":"entry"}`),
		slices.Concat(frame(0x81, "a"), frame(0x89, "ping"), frame(0x81, ""), frame(0x8A, ""), frame(0x81, "b")),
		slices.Concat(frame(0x01, "in "), frame(0x89, ""), frame(0x00, ""), frame(0x80, "pieces"), frame(0x81, "next")),
		slices.Concat(frame(0x01, "a"), frame(0x81, "a message within another")),
		slices.Concat(frame(0x01, "a"), frame(0x82, "binary within a message")),
		slices.Concat(frame(0x01, long), frame(0x80, "x")),
		slices.Concat(frame(0x81, long), frame(0x81, long+"x")),
		frame(0x80, "continues nothing"),
		frame(0x82, "binary"),
		frame(0xC1, "a reserved bit"),
		frame(0x83, "a reserved opcode"),
		frame(0x09, "a ping in pieces"),
		frame(0x89, long),
		slices.Concat(frame(0x88, "\x03\xe8bye"), frame(0x81, "too late")),
		frame(0x88, ""),
		{0x81, 5, 'p', 'l', 'a', 'i', 'n'},
		{0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0},
		{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 'o', 'k'},
	} {
		f.Add(stream, uint16(1))
		f.Add(stream, uint16(len(stream)))
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece uint16) {
		// Whatever frame these complete, what follows is none. (The library takes the
		// end of the stream within a message for the message's end.)
		stream = append(stream, make([]byte, 2*testLimit)...)
		got := ours(slices.Clone(stream), 1+int(piece)%512)
		if diff := cmp.Diff(theirs(t, stream), got); diff != "" {
			t.Errorf("library (-) and ours (+) differ:\n%s", diff)
		}
	})
}
