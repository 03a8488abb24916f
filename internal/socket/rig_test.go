package socket_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/socket"
)

const (
	patience    = 20 * time.Second
	subprotocol = "test.v1"
)

// end is the server's end of one connection.
type end struct {
	*socket.Conn
	drained chan struct{} // one slot
	heard   chan string   // messages of the peer
	over    chan struct{} // closed when the connection has ended
}

// server accepts sockets whose kernel's send buffers are small, so that a frame of
// some 100 KB is enough to make a peer slow.
func server(t *testing.T, cfg socket.Config) (url string, ends <-chan *end) {
	t.Helper()
	cfg.Subprotocol = subprotocol
	if cfg.ReadLimit == 0 {
		cfg.ReadLimit = 1024
	}
	accepted := make(chan *end, 16)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := socket.Accept(w, r, cfg)
		if err != nil {
			return // answered
		}
		e := &end{Conn: c, drained: make(chan struct{}, 1), heard: make(chan string, 1000), over: make(chan struct{})}
		c.OnDrained(func() {
			select {
			case e.drained <- struct{}{}:
			default:
			}
		})
		c.Serve(func(b []byte) {
			if bytes.HasPrefix(b, []byte("echo ")) {
				c.Send(socket.AppendText(nil, b))
				return
			}
			if string(b) == "too much" {
				c.Slow()
				return
			}
			if string(b) == "slow" {
				time.Sleep(time.Microsecond) // a message that is some work
				return
			}
			e.heard <- string(b)
		}, func() { close(e.over) })
		accepted <- e
	}))
	s.Listener = narrow{s.Listener}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, accepted
}

type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetWriteBuffer(16 << 10)
}

// connect dials with the library's client.
func connect(t *testing.T, url string, ends <-chan *end) (*websocket.Conn, *end) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() { c.CloseNow() })
	return c, <-ends
}

func read(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	kind, data, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if kind != websocket.MessageText {
		t.Fatalf("message of kind %v", kind)
	}
	return string(data)
}

// closed reads to the end and returns its code.
func closed(t *testing.T, c *websocket.Conn) (websocket.StatusCode, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return websocket.CloseStatus(err), err
		}
	}
}

func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("no %s", what)
	}
	return v
}

// dialRaw shakes hands by hand; early is sent in the same write as the request.
func dialRaw(t *testing.T, url string, early []byte) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	request := "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := c.Write(append([]byte(request), early...)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", res.Status)
	}
	return c, r
}

// masked is a client's frame (RFC 6455 section 5.2) of up to 65,535 bytes, masked
// with zeros.
func masked(first byte, payload string) []byte {
	b := []byte{first}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}
