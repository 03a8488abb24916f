package load

import (
	"bytes"
	"fmt"
	"strconv"
)

// HTTP is a connection that makes entries over HTTP: the requests of several
// participants in turn, encoded beforehand, each alternating between two choices.
type HTTP struct {
	requests [][]byte
	places   []int // of the digits of n in each request
	n        uint32
	turn     int
	// Body is handed each accepted answer's body, if set.
	Body func([]byte)
}

// firstN is the first of the rising numbers, so that all have as many digits.
const firstN = 100_000_000

// NewEntries is the wire of a connection that posts entries to a poll for the
// holders of tokens.
func NewEntries(host, code string, activity, run int, tokens []string) *HTTP {
	h := &HTTP{n: firstN}
	for choice := range 2 { // all with one choice, then all with the other
		for _, token := range tokens {
			body := fmt.Sprintf(`{"activity":%d,"run":%d,"n":%d,"choice":[%d]}`, activity, run, firstN, choice)
			h.add(fmt.Sprintf("POST /api/v1/events/%s/entries HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
				"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", code, host, token, len(body), body))
		}
	}
	return h
}

// NewJoins is the wire of a connection that joins participants; body is handed
// each answer.
func NewJoins(host, code string, body func([]byte)) *HTTP {
	h := &HTTP{Body: body}
	h.requests = append(h.requests, fmt.Appendf(nil, "POST /api/v1/events/%s/participants HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", code, host))
	h.places = append(h.places, -1)
	return h
}

func (h *HTTP) add(request string) {
	h.requests = append(h.requests, []byte(request))
	h.places = append(h.places, bytes.LastIndex([]byte(request), []byte(strconv.Itoa(firstN))))
}

// Next is the next request, with its own n.
func (h *HTTP) Next() []byte {
	i := h.turn % len(h.requests)
	h.turn++
	if at := h.places[i]; at >= 0 {
		h.n++
		digits(h.requests[i][at:at+9], h.n)
	}
	return h.requests[i]
}

// digits writes a number of as many digits as there is room for.
func digits(room []byte, n uint32) {
	for i := len(room) - 1; i >= 0; i-- {
		room[i] = byte('0' + n%10)
		n /= 10
	}
}

var (
	headEnd = []byte("\r\n\r\n")
	lengths = []byte("\r\nContent-Length: ")
)

// Split finds an answer's end by its Content-Length, which all ours have.
func (h *HTTP) Split(data []byte) (int, Kind) {
	head := bytes.Index(data, headEnd)
	if head < 0 {
		return 0, Aside
	}
	size := 0
	if at := bytes.Index(data[:head], lengths); at >= 0 {
		for _, c := range data[at+len(lengths) : head] {
			if c < '0' || c > '9' {
				break
			}
			size = 10*size + int(c-'0')
		}
	}
	end := head + len(headEnd) + size
	if len(data) < end {
		return 0, Aside
	}
	switch string(data[9:12]) {
	case "200", "201", "204":
		if h.Body != nil {
			h.Body(data[head+len(headEnd) : end])
		}
		return end, Accepted
	case "429", "503":
		return end, Refused
	}
	return end, Failed
}
