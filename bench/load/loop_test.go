package load

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echoes serves what is sent to it, after a hook has seen the connection's bytes.
func echoes(t *testing.T, answer func(c net.Conn, p []byte) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil || answer(c, buf[:n]) != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func connected(t *testing.T, addr string, n int, wire func() Wire) *Loop {
	t.Helper()
	l, err := NewLoop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	for i := range n {
		fd, err := Dial(addr, i)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Add(fd, wire(), nil); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func back(c net.Conn, p []byte) error {
	_, err := c.Write(p)
	return err
}

func echo() Wire { return &Echo{Bytes: make([]byte, 80)} }

func TestClosedLoop(t *testing.T) {
	l := connected(t, echoes(t, back), 5, echo)
	r, err := l.Times(1003)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Clean(); err != nil || r.Accepted != 1003 || r.Latency.Count() != 1003 {
		t.Errorf("%v, %d accepted, %d timed", err, r.Accepted, r.Latency.Count())
	}
}

func TestOpenLoopKeepsItsRate(t *testing.T) {
	l := connected(t, echoes(t, back), 20, echo)
	r, err := l.Open(2000, 250*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.Offered != 500 || r.Accepted != 500 || r.Took < 240*time.Millisecond {
		t.Errorf("offered %d, accepted %d in %v", r.Offered, r.Accepted, r.Took)
	}
}

// A server that stalls is charged for all who wait meanwhile, not only for those
// whose requests it holds.
func TestOpenLoopCountsFromWhenARequestWasDue(t *testing.T) {
	const stall = 200 * time.Millisecond
	first := true
	l := connected(t, echoes(t, func(c net.Conn, p []byte) error {
		if first {
			first = false
			<-time.After(stall)
		}
		return back(c, p)
	}), 1, echo)
	r, err := l.Open(1000, 2*stall)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Latency.Quantile(0.75); r.Offered != 400 || got < stall/4 {
		t.Errorf("of %d requests a quarter waited less than %v behind a stall of %v", r.Offered, got, stall)
	}
}

func TestEndOfAConnectionIsAnError(t *testing.T) {
	l := connected(t, echoes(t, func(net.Conn, []byte) error { return io.EOF }), 3, echo)
	if _, err := l.Times(3); err == nil {
		t.Error("no error")
	}
}

func TestAnswersInPieces(t *testing.T) {
	body := []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	var got string
	l := connected(t, echoes(t, func(c net.Conn, _ []byte) error {
		for i := range body {
			if _, err := c.Write(body[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	}), 1, func() Wire { return NewJoins("h", "ABCDEF", func(b []byte) { got = string(b) }) })
	r, err := l.Times(2)
	if err := errors.Join(err, r.Clean()); err != nil || got != "hello" {
		t.Errorf("%v, body %q", err, got)
	}
}
