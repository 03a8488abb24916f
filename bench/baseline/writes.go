package baseline

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
)

// payload is JSON of a given length, that of a tick.
func payload(size int) []byte {
	const rest = `{"t":""}`
	return []byte(`{"t":"` + strings.Repeat("x", max(size-len(rest), 0)) + `"}`)
}

// frame is a server's websocket frame, so that the bytes are those of a tick.
func frame(payload []byte) []byte {
	head := []byte{0x81, byte(len(payload))}
	if len(payload) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(payload)))
	}
	return append(head, payload...)
}

// writes is a loop that writes to every connection. Each byte that one of them
// sends asks for a broadcast.
type writes struct {
	frame []byte
	mu    sync.Mutex
	conns []net.Conn
}

// serve greets a connection with a frame and broadcasts when it asks.
func (w *writes) serve(c net.Conn) {
	defer c.Close()
	w.mu.Lock()
	w.conns = append(w.conns, c)
	_, err := c.Write(w.frame)
	w.mu.Unlock()
	request := make([]byte, 1)
	for err == nil {
		if _, err = c.Read(request); err == nil {
			err = w.broadcast()
		}
	}
}

func (w *writes) broadcast() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if _, err := c.Write(w.frame); err != nil {
			return err
		}
	}
	return nil
}

// echo writes what it reads, until the connection ends.
func echo(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 512)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}
