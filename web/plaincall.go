package web

import (
	"bytes"
)

// plainCall is an entry call in the one form that entryLane reads by itself. Its
// fields point into what was read.
type plainCall struct {
	code  []byte // as typed
	token []byte
	body  []byte
}

// Why readPlain found no call.
const (
	plainMore  = 0  // what was read may be the start of one
	plainOther = -1 // it is something else, or wrong: for net/http to judge
)

const plainStart = "POST /api/v1/events/"

// readPlain reads the call that b starts with and returns its length, or plainMore
// or plainOther. It knows a subset of HTTP/1.1 (RFC 9112) in which nothing can be
// read in two ways: the request line and the header fields that an API client
// sends, each in a line of printable ASCII, those that matter once, and a body of
// a length that is given.
func readPlain(b []byte, call *plainCall) (size int) {
	line, rest, ok := plainLine(b)
	if !ok {
		return plainUnfinished(b)
	}
	if !bytes.HasPrefix(line, []byte(plainStart)) {
		return plainOther
	}
	line = line[len(plainStart):]
	if len(line) < codeLength || string(line[codeLength:]) != "/entries HTTP/1.1" {
		return plainOther
	}
	call.code = line[:codeLength]
	var seen struct{ host, kind, token bool }
	length := -1
	for {
		line, rest, ok = plainLine(rest)
		if !ok {
			return plainUnfinished(rest)
		}
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !printable(value) {
			return plainOther
		}
		value = bytes.Trim(value, " \t")
		switch string(name) {
		case "Host", "host":
			if seen.host || !plainHost(string(value)) {
				return plainOther
			}
			seen.host = true
		case "Content-Type", "content-type":
			if seen.kind || string(value) != "application/json" {
				return plainOther
			}
			seen.kind = true
		case "Content-Length", "content-length":
			if length >= 0 {
				return plainOther
			}
			p := frameParser{rest: value}
			if length, ok = p.number(); !ok || len(p.rest) > 0 || length < 1 || length > maxPlain {
				return plainOther
			}
		case "Authorization", "authorization":
			if call.token, ok = bytes.CutPrefix(value, []byte("Bearer ")); !ok || seen.token {
				return plainOther
			}
			seen.token = true
		case "User-Agent", "user-agent", "Accept", "accept", "Accept-Encoding", "accept-encoding", "Accept-Language", "accept-language":
		case "Connection", "connection":
			if !bytes.EqualFold(value, []byte("keep-alive")) {
				return plainOther
			}
		default:
			return plainOther
		}
	}
	switch {
	case !seen.host || !seen.kind || !seen.token || length < 0:
		return plainOther
	case len(rest) < length:
		return plainMore
	}
	call.body = rest[:length]
	return len(b) - len(rest) + length
}

// plainLine cuts a line that ends in CR LF off b.
func plainLine(b []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 1 || b[i-1] != '\r' {
		return nil, b, false
	}
	return b[:i-1], b[i+1:], true
}

// plainUnfinished judges what holds no whole line that ends in CR LF.
func plainUnfinished(b []byte) int {
	if bytes.IndexByte(b, '\n') >= 0 {
		return plainOther
	}
	return plainMore
}

func printable(b []byte) bool {
	for _, c := range b {
		if c != '\t' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}
