package baseline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
)

// payload is JSON of a length: a tick's.
func payload(size int) []byte {
	const rest = `{"t":""}`
	return []byte(`{"t":"` + strings.Repeat("x", max(size-len(rest), 0)) + `"}`)
}

// frame is a server's websocket frame, so that the bytes are the same.
func frame(payload []byte) []byte {
	var b bytes.Buffer
	b.WriteByte(0x81)
	if len(payload) < 126 {
		b.WriteByte(byte(len(payload)))
	} else {
		b.WriteByte(126)
		b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(payload))))
	}
	b.Write(payload)
	return b.Bytes()
}

// writes is a loop that writes to every connection.
type writes struct {
	frame []byte
	mu    sync.Mutex
	conns []net.Conn
}

// add takes a connection and tells it so.
func (w *writes) add(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := c.Write(w.frame); err != nil {
		return // it has gone again
	}
	w.conns = append(w.conns, c)
}

func (w *writes) all() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if _, err := c.Write(w.frame); err != nil {
			return fmt.Errorf("write: %w", err)
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
