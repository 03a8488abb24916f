//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"drumroll/internal/contract"
)

// socket is a script's websocket.
type socket struct {
	conn *websocket.Conn
}

// frame is any frame of the server.
type frame struct {
	T         string          `json:"t"`
	Ref       string          `json:"ref"`
	Status    string          `json:"status"`
	Ticket    string          `json:"ticket"`
	AfterMS   int             `json:"after_ms"`
	Seq       uint64          `json:"seq"`
	Event     *contract.Event `json:"event"`
	HTML      string          `json:"html"`
	You       map[string]any  `json:"you"`
	Activity  int             `json:"activity"`
	Entries   int             `json:"entries"`
	Counts    []int           `json:"counts"`
	Connected int             `json:"connected"`
}

const socketLimit = 20 * time.Second

// dial opens a socket of a view; bearer is "" for the screen.
func dial(s *server, code, view, bearer string) (*socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), socketLimit)
	defer cancel()
	header := http.Header{}
	if bearer != "" {
		header.Set("Authorization", "Bearer "+bearer)
	}
	conn, res, err := websocket.Dial(ctx, fmt.Sprintf("ws://%s/%s/ws?view=%s", s.host(), code, view),
		&websocket.DialOptions{Subprotocols: []string{"drumroll.v1"}, HTTPHeader: header})
	if err != nil {
		return nil, err
	}
	if res.Body != nil {
		_ = res.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	return &socket{conn}, nil
}

func (s *socket) close() { _ = s.conn.CloseNow() }

// next reads one frame.
func (s *socket) next() (frame, error) {
	ctx, cancel := context.WithTimeout(context.Background(), socketLimit)
	defer cancel()
	_, data, err := s.conn.Read(ctx)
	if err != nil {
		return frame{}, err
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		return frame{}, fmt.Errorf("%w in frame %s", err, data)
	}
	return f, nil
}

// until reads frames up to the first that is wanted.
func (s *socket) until(wanted func(frame) bool) (frame, error) {
	for {
		f, err := s.next()
		if err != nil || wanted(f) {
			return f, err
		}
	}
}

// enter sends an entry and waits for its acknowledgement.
func (s *socket) enter(ref string, entry map[string]any) (frame, error) {
	message := map[string]any{"t": "entry", "ref": ref}
	for k, v := range entry {
		message[k] = v
	}
	data, err := json.Marshal(message)
	if err != nil {
		return frame{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), socketLimit)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return frame{}, err
	}
	return s.until(func(f frame) bool { return f.T == "ack" && f.Ref == ref })
}
