package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Client makes calls of the API at one server. Its credential is Bearer or Cookie.
type Client struct {
	HTTP   *http.Client // nil: http.DefaultClient
	Server string       // http(s)://host
	Bearer string       // a host key, or a participant's token
	Cookie string       // a whole Cookie header, as a browser sends it
}

// Refused is the answer to a call that was not taken.
type Refused struct {
	Status     int
	RetryAfter time.Duration // of 429 and 503
	Problem    Problem       // empty where the answer was no problem+json
}

func (r *Refused) Error() string {
	if r.Problem.Code == "" {
		return fmt.Sprintf("the server answers %d %s", r.Status, http.StatusText(r.Status))
	}
	return fmt.Sprintf("status %d, %s: %s", r.Status, r.Problem.Code, r.Problem.Detail)
}

// StatusOf is the status of a Refused in err's chain; 0 where there is none.
func StatusOf(err error) int {
	if r, ok := errors.AsType[*Refused](err); ok {
		return r.Status
	}
	return 0
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 20

// Send makes one request, with in as its JSON body unless that is nil, and returns whatever
// is answered. An error means that the outcome is not known.
func (c *Client) Send(ctx context.Context, method, path string, in any) (status int, header http.Header, body []byte, err error) {
	var payload io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, nil, nil, err
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Server+path, payload)
	if err != nil {
		return 0, nil, nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.Bearer)
	}
	if c.Cookie != "" {
		req.Header.Set("Cookie", c.Cookie)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return 0, nil, nil, err
	}
	return res.StatusCode, res.Header, body, nil
}

// Do makes a call below /api/v1 and reads the answer into out: JSON, or as it is where out is
// a *[]byte; nil: it is not looked at. The error is a *Refused where the call was not taken.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	status, header, body, err := c.Send(ctx, method, "/api/v1"+path, in)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		refused := &Refused{Status: status, RetryAfter: RetryAfter(header)}
		_ = json.Unmarshal(body, &refused.Problem) // a page for people is no problem+json
		return refused
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = body
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// At is a client for one event, with a credential of it; "": a stranger.
func (c *Client) At(code, bearer string) *EventClient {
	own := *c
	own.Bearer = bearer
	return &EventClient{Client: own, Code: code}
}

// EventClient makes calls about one event. Errors are those of Client.Do.
type EventClient struct {
	Client
	Code string
}

// Call makes a call whose path below the event's is given.
func (c *EventClient) Call(ctx context.Context, method, path string, in, out any) error {
	return c.Do(ctx, method, "/events/"+c.Code+path, in, out)
}

// Get is the event as the caller may see it.
func (c *EventClient) Get(ctx context.Context) (out Event, err error) {
	return out, c.Call(ctx, http.MethodGet, "", nil, &out)
}

// RetryAfter is how long an answer of 429 or 503 asks to wait; 0: it does not say.
func RetryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
