// Package wsclient is a client's end of an event's websocket: it dials, sends and reads frames,
// and knows how long to wait between two tries, as a phone's page does.
package wsclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/contract"
)

// The codes with which a server closes a socket on purpose.
const (
	CodeLeaving = 1012 // the node is leaving: dial again
	CodeBusy    = 1013 // too busy; the reason is how many milliseconds to wait
	CodeDeleted = 4410 // the event was deleted
)

// maxFrame bounds a frame of the server's, in bytes.
const maxFrame = 16 << 20

// Socket is an open connection.
type Socket struct{ conn *websocket.Conn }

// Closed is the server's close frame.
type Closed struct {
	Code   int
	Reason string
}

func (c *Closed) Error() string { return fmt.Sprintf("closed: %d %s", c.Code, c.Reason) }

// Dial opens a socket of a view (phone, screen or host) of an event. header has the
// credential: Cookie or Authorization. The error is a *contract.Refused where the server
// answered without opening one. client must speak HTTP/1.1; nil: http.DefaultClient.
func Dial(ctx context.Context, client *http.Client, server, code, view string, header http.Header) (*Socket, error) {
	conn, res, err := websocket.Dial(ctx, server+"/"+code+"/ws?view="+view, &websocket.DialOptions{
		HTTPClient: client, HTTPHeader: header, Subprotocols: []string{"drumroll.v1"},
	})
	if res != nil && res.Body != nil {
		defer res.Body.Close() // of a refusal; what is opened has none
	}
	switch {
	case err == nil:
		conn.SetReadLimit(maxFrame)
		return &Socket{conn}, nil
	case res == nil || res.StatusCode == http.StatusSwitchingProtocols:
		return nil, err
	}
	return nil, &contract.Refused{Status: res.StatusCode, RetryAfter: contract.RetryAfter(res.Header)}
}

// Close drops the connection.
func (s *Socket) Close() { _ = s.conn.CloseNow() }

// Send writes frames. Where it fails, the connection is over.
func (s *Socket) Send(ctx context.Context, frames ...[]byte) error {
	for _, f := range frames {
		if err := s.conn.Write(ctx, websocket.MessageText, f); err != nil {
			return err
		}
	}
	return nil
}

// buffers are room for frames while they are taken, so that a quiet phone holds none.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Next hands take the next frame, which it must not keep. Where it fails, or ctx ends, the
// connection is over; the error is a *Closed where the server said why.
func (s *Socket) Next(ctx context.Context, take func(frame []byte)) error {
	_, r, err := s.conn.Reader(ctx)
	if err != nil {
		return closed(err)
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if _, err := b.ReadFrom(r); err != nil {
		return closed(err)
	}
	take(b.Bytes())
	return nil
}

func closed(err error) error {
	var end websocket.CloseError
	if errors.As(err, &end) {
		return &Closed{int(end.Code), end.Reason}
	}
	return err
}

// FullJitter is how long to wait after so many failed tries: anything between nothing and
// 0.3 s · 2^attempt, at most so long.
func FullJitter(r *rand.Rand, attempt int, most time.Duration) time.Duration {
	return time.Duration(r.Float64() * float64(min(most, 300*time.Millisecond<<min(attempt, 10))))
}
