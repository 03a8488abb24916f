//go:build e2e

package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// The contract's shapes, as far as the checks look at them.
type (
	eventJSON struct {
		Offset     string         `json:"offset"`
		People     peopleJSON     `json:"people"`
		Activities []activityJSON `json:"activities"`
		Draws      int            `json:"draws"`
	}
	peopleJSON struct {
		Joined int `json:"joined"`
	}
	activityJSON struct {
		ID      int          `json:"id"`
		Kind    string       `json:"kind"`
		Title   string       `json:"title"`
		State   string       `json:"state"`
		Run     int          `json:"run"`
		Entries int          `json:"entries"`
		Counts  []int        `json:"counts"`
		Winners []winnerJSON `json:"winners"`
	}
	winnerJSON struct {
		Handle string `json:"handle"`
		Ticket string `json:"ticket"`
		Draw   int    `json:"draw"`
	}
	createdJSON struct {
		Code    string `json:"code"`
		HostKey string `json:"host_key"`
	}
	problemJSON struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
)

// caller makes HTTP calls; one is shared by all who call.
type caller struct{ client *http.Client }

func newCaller() *caller {
	return &caller{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second}}}
}

// statusError is an answer with an unwanted status.
type statusError struct {
	status  int
	after   time.Duration
	problem problemJSON
}

func (e statusError) Error() string {
	return fmt.Sprintf("status %d, %s: %s", e.status, e.problem.Code, e.problem.Detail)
}

// neverSent reports whether an error says that no request went out.
func neverSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}

// call makes one call within limit and reads a good answer into out (or into raw
// bytes). An answer with another status than 2xx is a statusError.
func (c *caller) call(limit time.Duration, method, url, bearer string, body, out any) error {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, url, payload)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	client := *c.client
	client.Timeout = limit
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		e := statusError{status: res.StatusCode, after: retryAfter(res.Header)}
		_ = json.Unmarshal(data, &e.problem) // a page for people has none
		return e
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = data
		return nil
	}
	return json.Unmarshal(data, out)
}

// statusOf is the status of a statusError, 0 for other errors.
func statusOf(err error) int {
	var e statusError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}
