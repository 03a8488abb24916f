//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/wsclient"
)

const socketLimit = 20 * time.Second

// socket is a phone's websocket.
type socket struct{ *wsclient.Socket }

// dial opens a socket of a view; bearer is "" for the screen.
func dial(s *server, code, view, bearer string) (*socket, error) {
	ctx, cancel := context.WithTimeout(context.Background(), socketLimit)
	defer cancel()
	header := http.Header{}
	if bearer != "" {
		header.Set("Authorization", "Bearer "+bearer)
	}
	conn, err := wsclient.Dial(ctx, nil, s.url(), code, view, header)
	if err != nil {
		return nil, err
	}
	return &socket{conn}, nil
}

// enter sends an entry and waits for its acknowledgement.
func (s *socket) enter(number int, entry map[string]any) (ack contract.Ack, err error) {
	message := map[string]any{"t": contract.FrameEntry, "ref": number}
	maps.Copy(message, entry)
	frame, err := json.Marshal(message)
	if err != nil {
		return ack, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), socketLimit)
	defer cancel()
	if err := s.Send(ctx, frame); err != nil {
		return ack, err
	}
	for {
		var frame []byte
		if err := s.Next(ctx, func(f []byte) { frame = bytes.Clone(f) }); err != nil {
			return ack, err
		}
		if bytes.HasPrefix(frame, []byte(`{"t":"ack"`)) {
			if err := json.Unmarshal(frame, &ack); err != nil || string(ack.Ref) == strconv.Itoa(number) {
				return ack, err
			}
		}
	}
}
