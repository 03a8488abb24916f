//go:build e2e

package faults

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// line is a phone's websocket, spoken plainly: frames can be encoded beforehand,
// and a read that waited too long leaves the connection whole.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

// refusedError is a handshake that was answered with another status than 101.
type refusedError struct {
	status int
	after  time.Duration // Retry-After
}

func (e refusedError) Error() string { return fmt.Sprintf("handshake: status %d", e.status) }

// closedError is the server's close frame.
type closedError struct {
	code   int
	reason string
}

func (e closedError) Error() string { return fmt.Sprintf("closed: %d %s", e.code, e.reason) }

func dialLine(addr, code, token string, limit time.Duration) (*line, error) {
	conn, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		return nil, err
	}
	l := &line{conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	if err := l.handshake(addr, code, token, limit); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return l, nil
}

func (l *line) handshake(addr, code, token string, limit time.Duration) error {
	if err := l.conn.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(l.conn, "GET /%s/ws?view=phone HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZHJ1bXJvbGwtZmF1bHRzIQ==\r\nSec-WebSocket-Protocol: drumroll.v1\r\n"+
		"Authorization: Bearer %s\r\n\r\n", code, addr, token)
	if err != nil {
		return err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		_ = res.Body.Close()
		return refusedError{res.StatusCode, retryAfter(res.Header)}
	}
	return l.conn.SetDeadline(time.Time{})
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (l *line) close() { _ = l.conn.Close() }

// textFrame is a client's whole text frame.
func textFrame(payload string) []byte { return clientFrame(1, []byte(payload)) }

func clientFrame(opcode byte, payload []byte) []byte {
	frame := []byte{0x80 | opcode}
	if len(payload) < 126 {
		frame = append(frame, 0x80|byte(len(payload)))
	} else {
		frame = append(frame, 0x80|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	frame = append(frame, mask[:]...)
	for i, b := range payload {
		frame = append(frame, b^mask[i%4])
	}
	return frame
}

func (l *line) send(frame []byte, limit time.Duration) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	_, err := l.conn.Write(frame)
	return err
}

// next returns the payload of the next text frame that begins with prefix, and
// passes over all others.
func (l *line) next(prefix string, until time.Time) ([]byte, error) {
	if err := l.conn.SetReadDeadline(until); err != nil {
		return nil, err
	}
	for {
		var head [10]byte
		if _, err := io.ReadFull(l.in, head[:2]); err != nil {
			return nil, err
		}
		opcode, size := head[0]&15, int(head[1]&127)
		switch size {
		case 126:
			if _, err := io.ReadFull(l.in, head[:2]); err != nil {
				return nil, err
			}
			size = int(binary.BigEndian.Uint16(head[:]))
		case 127:
			if _, err := io.ReadFull(l.in, head[:8]); err != nil {
				return nil, err
			}
			size = int(binary.BigEndian.Uint64(head[:]))
		}
		wanted := false
		if opcode == 1 && size >= len(prefix) {
			start, err := l.in.Peek(len(prefix))
			if err != nil {
				return nil, err
			}
			wanted = string(start) == prefix
		}
		if wanted || opcode >= 8 {
			payload := make([]byte, size)
			if _, err := io.ReadFull(l.in, payload); err != nil {
				return nil, err
			}
			switch {
			case opcode == 8:
				end := closedError{code: 1005}
				if size >= 2 {
					end = closedError{int(binary.BigEndian.Uint16(payload)), string(payload[2:])}
				}
				return nil, end
			case opcode == 9:
				if err := l.send(clientFrame(10, payload), time.Second); err != nil {
					return nil, err
				}
			case wanted:
				return payload, nil
			}
			continue
		}
		if _, err := l.in.Discard(size); err != nil {
			return nil, err
		}
	}
}
