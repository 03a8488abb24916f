package socket_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"drumroll/internal/socket"
)

// TestFlood: a peer that sends without reading its answers is no longer read from
// when they pile up, and nothing is lost: it gets them all, in order, when it reads.
func TestFlood(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{SendBuffer: 8 << 10, WriteTimeout: patience})
	c, r := dialRaw(t, url, nil)
	e := <-ends
	const (
		block  = 200     // messages
		blocks = 100_000 // far more than buffers take
		digits = 100
	)
	message := func(i int) string { return fmt.Sprintf("echo %0*d", digits, i) }
	sent, rest := 0, []byte(nil)
	for sent < block*blocks && rest == nil { // until nobody takes any more
		var b []byte
		for range block {
			b = append(b, masked(0x81, message(sent))...)
			sent++
		}
		if err := c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Write(b); err != nil {
			rest = b[n:]
		}
	}
	if rest == nil {
		t.Fatalf("%d messages were taken from a peer that reads no answer", sent)
	}
	select {
	case <-e.over:
		t.Fatal("the connection was cut")
	default:
	}
	if err := c.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		_, err := c.Write(rest)
		written <- err
	}()
	got := make([]byte, 2+5+digits)
	for i := range sent {
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatalf("answer %d of %d: %v", i, sent, err)
		}
		if want := message(i); string(got[2:]) != want {
			t.Fatalf("answer %d is %q", i, got[2:])
		}
	}
	if err := await(t, "end of the writing", written); err != nil {
		t.Error(err)
	}
}

// TestAnsweredInOnePiece: what comes in one piece is answered, whole, and a close
// frame in it is answered last.
func TestAnsweredInOnePiece(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, r := dialRaw(t, url, nil)
	e := <-ends
	var all, want bytes.Buffer
	for i := range 50 {
		text := fmt.Sprintf("echo %d", i)
		all.Write(masked(0x81, text))
		want.Write(socket.AppendText(nil, []byte(text)))
	}
	all.Write(masked(0x88, "\x03\xe8"))
	want.WriteString("\x88\x02\x03\xe8")
	if _, err := c.Write(all.Bytes()); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("answered %q", got)
	}
	await(t, "end", e.over)
}

// TestSlow: a peer that sends more than it may is read from again after a pause, and
// answered in order.
func TestSlow(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{})
	c, r := dialRaw(t, url, nil)
	e := <-ends
	start := time.Now()
	const rounds = 3
	for i := range rounds {
		text := fmt.Sprintf("echo %d", i)
		if _, err := c.Write(append(masked(0x81, "too much"), masked(0x81, text)...)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 2+len(text))
		if _, err := io.ReadFull(r, got); err != nil {
			t.Fatal(err)
		}
		if string(got[2:]) != text {
			t.Errorf("answer %d is %q", i, got[2:])
		}
	}
	// The pause after the last round may go on.
	if took := time.Since(start); took < (rounds-1)*socket.SlowPause {
		t.Errorf("%d rounds took %v", rounds, took)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	await(t, "end", e.over)
}

// TestFloodIsCut: a peer that goes on not reading is cut in the end.
func TestFloodIsCut(t *testing.T) {
	t.Parallel()
	url, ends := server(t, socket.Config{SendBuffer: 8 << 10, WriteTimeout: 300 * time.Millisecond})
	c, _ := dialRaw(t, url, nil)
	e := <-ends
	for i := 0; ; i++ {
		if _, err := c.Write(masked(0x81, fmt.Sprintf("echo %07d", i))); err != nil {
			break
		}
	}
	await(t, "end", e.over)
}

// TestFloodDoesNotPutOffTheEnd: a peer that sends without end is rid of like any
// other, whether it was sent a close frame or does not read its answers.
func TestFloodDoesNotPutOffTheEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		cfg  socket.Config
		end  func(*end)
	}{
		{"closed", socket.Config{CloseTimeout: 100 * time.Millisecond}, func(e *end) { e.Close(socket.CloseLeaving, "") }},
		{"stalled", socket.Config{SendBuffer: 8 << 10, WriteTimeout: 100 * time.Millisecond}, func(e *end) {
			e.Send(make([]byte, 4<<20))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, ends := server(t, c.cfg)
			conn, _ := dialRaw(t, url, nil)
			e := <-ends
			block := bytes.Repeat(masked(0x81, "slow"), 10_000)
			flooded := make(chan struct{})
			go func() {
				defer close(flooded)
				for {
					if _, err := conn.Write(block); err != nil {
						return
					}
				}
			}()
			c.end(e)
			select {
			case <-e.over:
			case <-time.After(patience / 4):
				t.Error("the connection goes on")
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			await(t, "end of the flood", flooded)
		})
	}
}
