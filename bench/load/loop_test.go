package load

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echoes serves connections; answer handles what each sends.
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

func entries() Wire { return NewEntries("h", "ABCDEF", 1, 1, []string{"one"}) }

func TestClosedLoop(t *testing.T) {
	l := connected(t, echoes(t, back), 5, echo)
	r, err := l.Times(1003)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil || r.Accepted != 1003 {
		t.Errorf("%v, %d accepted", err, r.Accepted)
	}
}

// Each connection has one turn, so that a machine that stands still leaves none out.
func TestFloodKeepsItsRate(t *testing.T) {
	l := connected(t, echoes(t, back), 500, echo)
	f, err := l.Flood(2000, 250*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if f.Offered != 500 || f.Sent != 500 || f.Accepted != 500 || f.Took < 240*time.Millisecond {
		t.Errorf("%+v", f.Result)
	}
}

func TestFloodLeavesOutTurns(t *testing.T) {
	const pace = 20 * time.Millisecond
	l := connected(t, echoes(t, func(c net.Conn, _ []byte) error {
		<-time.After(pace)
		return back(c, []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"))
	}), 1, entries)
	f, err := l.Flood(1000, 10*pace)
	if err != nil {
		t.Fatal(err)
	}
	if f.Offered != 200 || f.Sent > 10 || f.Refused != f.Sent || f.Unanswered != 0 {
		t.Errorf("%+v", f.Result)
	}
	if p50 := f.Refusals.Ms(50); p50 < 20 || p50 > 1000 {
		t.Errorf("half of the refusals came within %v ms", p50)
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
	l := connected(t, echoes(t, func(c net.Conn, _ []byte) error {
		for i := range body {
			if _, err := c.Write(body[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	}), 1, entries)
	r, err := l.Times(2)
	if err := errors.Join(err, r.Check()); err != nil || r.Accepted != 2 {
		t.Errorf("%v, %d accepted", err, r.Accepted)
	}
}
