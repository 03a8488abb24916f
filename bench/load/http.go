package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// HTTP is a connection of a reverse proxy that posts the entries of several
// participants in turn. The requests are encoded in advance.
type HTTP struct {
	requests [][]byte
	places   []int // of the digits of n in each request
	n        uint32
	turn     int
}

// firstN is the first of the rising numbers, so that all have the same length.
const firstN = 100_000_000

// NewEntries is the wire of a connection that posts entries to a poll. It carries
// what a trusted proxy adds and the cookie of each participant; each participant
// alternates between two choices.
func NewEntries(host, code string, activity, run int, tokens []string) *HTTP {
	h := &HTTP{n: firstN}
	for choice := range 2 {
		for i, token := range tokens {
			body := fmt.Sprintf(`{"activity":%d,"run":%d,"n":%d,"choice":[%d]}`, activity, run, firstN, choice)
			request := fmt.Appendf(nil, "POST /api/v1/events/%s/entries HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: 203.0.113.%d\r\n"+
				"X-Forwarded-Proto: https\r\nCookie: drumroll_%s=%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				code, host, i%250+1, code, token, len(body), body)
			h.requests = append(h.requests, request)
			h.places = append(h.places, bytes.LastIndex(request, []byte(strconv.Itoa(firstN))))
		}
	}
	return h
}

// Next is the next request, with an n of its own.
func (h *HTTP) Next() []byte {
	i := h.turn % len(h.requests)
	h.turn++
	h.n++
	putDigits(h.requests[i][h.places[i]:][:9], h.n)
	return h.requests[i]
}

// putDigits fills room with the digits of a number.
func putDigits(room []byte, n uint32) {
	for i := len(room) - 1; i >= 0; i-- {
		room[i] = byte('0' + n%10)
		n /= 10
	}
}

// Split finds the end of an answer.
func (*HTTP) Split(data []byte) (int, Kind) { return splitAnswer(data) }

var (
	headEnd       = []byte("\r\n\r\n")
	contentLength = []byte("\r\nContent-Length: ")
)

// splitAnswer finds the end of an HTTP answer by its Content-Length, which all of
// ours have.
func splitAnswer(data []byte) (int, Kind) {
	head := bytes.Index(data, headEnd)
	if head < 0 {
		return 0, Other
	}
	size := 0
	if at := bytes.Index(data[:head], contentLength); at >= 0 {
		size = leadingNumber(data[at+len(contentLength) : head])
	}
	end := head + len(headEnd) + size
	if len(data) < end {
		return 0, Other
	}
	switch string(data[9:12]) {
	case "200", "201", "204":
		return end, Accepted
	case "429", "503":
		return end, Refused
	}
	return end, Failed
}

func leadingNumber(data []byte) (n int) {
	for _, c := range data {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// Entrant is a connection over which one participant after the other joins and
// enters a raffle. What the server refuses is sent again.
type Entrant struct {
	join, enter []byte
	place       int    // of the token in enter
	token       []byte // of the participant who has joined and not entered yet

	Entered int // participants whose entry was counted
}

// tokenLength is the length of a participant's token.
const tokenLength = 32

// NewEntrant is the wire of a connection that enters participants into a raffle.
func NewEntrant(host, code string, activity, run int) *Entrant {
	e := &Entrant{}
	e.join = fmt.Appendf(nil, "POST /api/v1/events/%s/participants HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", code, host)
	body := fmt.Sprintf(`{"activity":%d,"run":%d,"n":1}`, activity, run)
	e.enter = fmt.Appendf(nil, "POST /api/v1/events/%s/entries HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", code, host, bytes.Repeat([]byte("x"), tokenLength), len(body), body)
	e.place = bytes.Index(e.enter, []byte("Bearer ")) + len("Bearer ")
	return e
}

// Next is the next participant's join, or the entry of the one who has joined.
func (e *Entrant) Next() []byte {
	if len(e.token) == 0 {
		return e.join
	}
	copy(e.enter[e.place:], e.token)
	return e.enter
}

var tokenName = []byte(`"token":"`)

// Split finds the end of an answer, and reads the token of one who joined.
func (e *Entrant) Split(data []byte) (int, Kind) {
	n, kind := splitAnswer(data)
	if n == 0 || kind != Accepted {
		return n, kind
	}
	if len(e.token) > 0 {
		e.token = e.token[:0]
		if !bytes.Contains(data[:n], counted) {
			return n, Failed
		}
		e.Entered++
		return n, Accepted
	}
	at := bytes.Index(data[:n], tokenName)
	if at < 0 || at+len(tokenName)+tokenLength > n {
		return n, Failed
	}
	e.token = append(e.token[:0], data[at+len(tokenName):][:tokenLength]...)
	return n, Accepted
}
