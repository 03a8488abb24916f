package socket

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// Config of Accept.
type Config struct {
	Subprotocol    string
	OriginPatterns []string // hosts allowed besides the request's own
	ReadLimit      int      // bytes a message, at most MaxReadLimit; larger ones end the connection with 1009

	// SendBuffer is how many bytes the kernel takes for a peer that does not read,
	// some for its own bookkeeping (it doubles what it is told); 0: as many as it
	// likes, which may be megabytes.
	SendBuffer int

	WriteTimeout time.Duration // a peer that reads nothing for so long is cut; 0: 10 s
	CloseTimeout time.Duration // for the peer's answer to a close frame; 0: 3 s
}

const (
	writeTimeout = 10 * time.Second
	closeTimeout = 3 * time.Second
)

// Accept upgrades a request. It answers w on errors. The request's handler
// should return soon after, so that what the server holds for it is freed.
func Accept(w http.ResponseWriter, r *http.Request, cfg Config) (*Conn, error) {
	c := &Conn{
		in:           inbound{limit: min(cfg.ReadLimit, MaxReadLimit)},
		writeTimeout: cmp.Or(cfg.WriteTimeout, writeTimeout),
		closeTimeout: cmp.Or(cfg.CloseTimeout, closeTimeout),
	}
	c.attempt = c.writeOnce
	ws, err := websocket.Accept(&hijacker{ResponseWriter: w, conn: c, sendBuffer: cfg.SendBuffer}, r, &websocket.AcceptOptions{
		Subprotocols:    []string{cfg.Subprotocol},
		OriginPatterns:  cfg.OriginPatterns,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	// The handshake was all that it is for: what it holds is freed at once, and
	// the connection stays open (see handshake.Close).
	return c, ws.CloseNow()
}

// hijacker keeps the connection, and what came with the request, for Conn, and
// gives the library a dummy connection.
type hijacker struct {
	http.ResponseWriter
	conn       *Conn
	sendBuffer int
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// The server may have set one for reading the request.
	if err := nc.SetDeadline(time.Time{}); err != nil {
		nc.Close()
		return nil, nil, err
	}
	// What the server has read beyond the request is the start of the first frame.
	early, err := brw.Reader.Peek(brw.Reader.Buffered())
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	if tcp, ok := nc.(interface{ SetWriteBuffer(bytes int) error }); ok && h.sendBuffer > 0 {
		if err := tcp.SetWriteBuffer(h.sendBuffer / 2); err != nil {
			nc.Close()
			return nil, nil, err
		}
	}
	h.conn.net, h.conn.early = nc, bytes.Clone(early)
	if sc, ok := nc.(syscall.Conn); ok && rawIO {
		if raw, err := sc.SyscallConn(); err == nil {
			h.conn.raw = raw
		}
	}
	none := bufio.NewReadWriter(bufio.NewReaderSize(nothing{}, 1), bufio.NewWriterSize(nothing{}, 1))
	return handshake{nc}, none, nil
}

// handshake is the connection as the library has it.
type handshake struct{ net.Conn }

func (handshake) Close() error { return nil }

type nothing struct{}

func (nothing) Read([]byte) (int, error)    { return 0, io.EOF }
func (nothing) Write(p []byte) (int, error) { return len(p), nil }
