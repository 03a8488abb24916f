package web_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"drumroll/web"
)

// client is one connection of an API client, read and written by hand.
type client struct {
	t *testing.T
	net.Conn
	answers *bufio.Reader
}

func (n *node) raw(t *testing.T) *client {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(n.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &client{t, c, bufio.NewReader(c)}
}

func (c *client) send(bytes string) {
	c.t.Helper()
	if _, err := c.Write([]byte(bytes)); err != nil {
		c.t.Fatal(err)
	}
}

// next reads the next answer: its status, and the entry's or the problem's word.
func (c *client) next() (status int, word string) {
	c.t.Helper()
	res, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var told struct{ Status, Code any }
	if err := json.NewDecoder(res.Body).Decode(&told); err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		c.t.Fatal(err)
	}
	if res.Header.Get("Date") == "" {
		c.t.Error("an answer without its date")
	}
	if told.Code != nil {
		return res.StatusCode, fmt.Sprint(told.Code)
	}
	return res.StatusCode, fmt.Sprint(told.Status)
}

func (c *client) want(status int, word string) {
	c.t.Helper()
	if s, w := c.next(); s != status || w != word {
		c.t.Errorf("answer %d %s, want %d %s", s, w, status, word)
	}
}

// plain is an entry call as an API client sends it, with more header fields.
func plain(code, token, body string, fields ...string) string {
	head := "POST /api/v1/events/" + code + "/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// TestEntryLane: calls that come together, in pieces, and mixed with others are
// answered in their order, on the same connection.
func TestEntryLane(t *testing.T) {
	t.Parallel()
	n := bolt(t, setup{})
	s := n.create(t, "Lane")
	poll := s.poll("Poll", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p, q := s.join(t), s.join(t)
	c := n.raw(t)
	entry := func(choice int) string { return fmt.Sprintf(`{"activity":%d,"choice":[%d]}`, poll.ID, choice) }

	c.send(plain(s.Code, p.Token, entry(0)))
	c.want(200, "counted")
	c.send(plain(s.Code, p.Token, entry(1)) + plain(s.Code, q.Token, entry(1)) + plain(s.Code, p.Token, entry(1)))
	c.want(200, "changed")
	c.want(200, "counted")
	c.want(200, "unchanged")
	for _, b := range []byte(plain(strings.ToLower(s.Code), q.Token, entry(0))) {
		c.send(string(b))
	}
	c.want(200, "changed")

	// Others, each with a plain one behind it.
	for _, other := range []struct {
		call   string
		status int
		word   string
	}{
		{plain(s.Code, "wrong", entry(0)), 401, "unauthorized"},
		{plain(s.Code, p.Token, entry(7)), 422, "invalid"},
		{plain(s.Code, p.Token, `{"activity":99,"choice":[0]}`), 422, "invalid"},
		{plain(s.Code, p.Token, `{"activity":`), 422, "invalid"},
		{plain("ZZZZZZ", p.Token, entry(0)), 404, "unknown"},
		{plain(s.Code, p.Token, entry(1), "Origin: https://foe.example"), 403, "forbidden"},
		{plain(s.Code, p.Token, entry(1), "Cookie: a=b"), 200, "unchanged"},
		{"GET /api/v1/events/" + s.Code + "/draws/1 HTTP/1.1\r\nHost: x\r\n\r\n", 404, "unknown"},
		{plain(s.Code, p.Token, entry(1), "User-Agent: "+strings.Repeat("x", 3000)), 200, "unchanged"},
	} {
		c.send(other.call + plain(s.Code, p.Token, entry(1)))
		if status, word := c.next(); status != other.status || word != other.word {
			t.Errorf("%.200q: %d %s, want %d %s", other.call, status, word, other.status, other.word)
		}
		c.want(200, "unchanged")
	}

	s.must(poll.ID, "close", nil)
	c.send(plain(s.Code, p.Token, entry(0)) + plain(s.Code, p.Token, entry(1)))
	c.want(409, "closed")
	c.want(409, "closed")

	// A lane that has gone back can become a websocket.
	c.send("GET /" + s.Code + "/ws?view=phone HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + p.Token + "\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	res, err := http.ReadResponse(c.answers, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %v, %v", res, err)
	}
	if first, err := c.answers.ReadByte(); err != nil || first != 0x81 {
		t.Errorf("the socket's first byte is %x: %v", first, err)
	}
}

// TestLanesEndWithTheNode: a drain closes the lanes that wait for a call.
func TestLanesEndWithTheNode(t *testing.T) {
	t.Parallel()
	n := bolt(t, setup{})
	s := n.create(t, "Lane")
	poll := s.poll("Poll", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p := s.join(t)
	idle, half := n.raw(t), n.raw(t)
	call := plain(s.Code, p.Token, fmt.Sprintf(`{"activity":%d,"choice":[0]}`, poll.ID))
	idle.send(call)
	idle.want(200, "counted")
	half.send(call + call[:40])
	half.want(200, "unchanged")
	n.stop()
	for _, c := range []*client{idle, half} {
		if rest, err := io.ReadAll(c.answers); err != nil || len(rest) > 0 {
			t.Errorf("after the end came %q, %v", rest, err)
		}
	}
}

// TestLaneRefusal: a refusal on a lane has each header field once; strict clients
// take no answer with two lengths.
func TestLaneRefusal(t *testing.T) {
	t.Parallel()
	n := bolt(t, setup{config: func(c *web.Config) { c.EntryRate = 2 }})
	s := n.create(t, "Lane")
	poll := s.poll("Poll", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p := s.join(t)
	c := n.raw(t)
	for {
		c.send(plain(s.Code, p.Token, fmt.Sprintf(`{"activity":%d,"choice":[0]}`, poll.ID)))
		var head strings.Builder
		res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(oneByte{c.answers}, &head)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			continue
		}
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Errorf("refused with %s, Retry-After %q", res.Status, res.Header.Get("Retry-After"))
		}
		if n := strings.Count(head.String(), "Content-Length"); n != 1 {
			t.Errorf("%d lengths in %q", n, head.String())
		}
		return
	}
}

// oneByte reads no further than it is asked to, so that what follows an answer
// stays where it is.
type oneByte struct{ io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(1, len(p))]) }

// TestLaneToAndFro: a client that makes entry calls and others by turns for a long
// time costs no more than at first.
func TestLaneToAndFro(t *testing.T) {
	n := bolt(t, setup{})
	s := n.create(t, "Lane")
	poll := s.poll("Poll", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p := s.join(t)
	c := n.raw(t)
	entry := plain(s.Code, p.Token, fmt.Sprintf(`{"activity":%d,"choice":[0]}`, poll.ID))
	other := "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1500) + "\r\n\r\n"
	rounds := func(k int) {
		for range k {
			for _, call := range []string{entry, other} {
				c.send(call)
				res, err := http.ReadResponse(c.answers, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
					t.Fatal(res.Status, err)
				}
				res.Body.Close()
			}
		}
	}
	rounds(50)
	before := held()
	rounds(500)
	if grown := held() - before; grown > 256<<10 {
		t.Errorf("500 turns to and fro left %d bytes", grown)
	}
}
