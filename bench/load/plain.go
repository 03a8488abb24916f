package load

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"
)

// Echo is the wire of the bare TCP echo: it sends an entry's bytes, and the same
// bytes are the answer.
type Echo struct{ Bytes []byte }

// Next is the entry.
func (e *Echo) Next() []byte { return e.Bytes }

// Split counts bytes: an echo has no frames.
func (e *Echo) Split(data []byte) (int, Kind) {
	if len(data) < len(e.Bytes) {
		return 0, Aside
	}
	return len(e.Bytes), Accepted
}

// Plain listens to frames of the websocket form without anything before them,
// which a bare loop of writes sends.
type Plain struct{}

// Next sends nothing.
func (Plain) Next() []byte { return nil }

// Split takes each frame as one broadcast.
func (Plain) Split(data []byte) (int, Kind) {
	n, _, _ := Frame(data)
	return n, Broadcast
}

// Pushes listens to the publications of a centrifuge server.
type Pushes struct{}

var push = []byte(`"pub":`)

// Next sends nothing.
func (Pushes) Next() []byte { return nil }

// Split finds publications; one websocket frame may hold several lines.
func (Pushes) Split(data []byte) (int, Kind) {
	n, _, payload := Frame(data)
	if n > 0 && bytes.Contains(payload, push) {
		return n, Broadcast
	}
	return n, Aside
}

// Centrifuge opens a websocket of a centrifuge server and waits until it is
// subscribed.
func Centrifuge(fd int, addr string) (early []byte, err error) {
	if early, err = Handshake(fd, addr, "/connection/websocket", ""); err != nil {
		return nil, err
	}
	if _, err = unix.Write(fd, Masked([]byte(`{"id":1,"connect":{}}`))); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return Greeted(fd, early)
}
