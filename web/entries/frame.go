package entries

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"drumroll/internal/event"
)

// errNotText: a text frame must be UTF-8 (RFC 6455 section 8.1); the library
// does not look.
var errNotText = errors.New("the frame is not UTF-8")

// Frame is what a phone sends.
type Frame struct {
	T   string          `json:"t"`
	Ref json.RawMessage `json:"ref"`
	event.Entry
}

// DecodeFrame reads a phone's frame. Frames of the form that our own clients
// send are read without garbage but for a choice; whatever else is JSON takes
// the way through encoding/json, with the same result (a fuzz test compares).
// f is overwritten; choice is room for the options. Ref may point into data, and
// is set also where another member has the wrong type, so that its sender learns
// which entry it was.
func DecodeFrame(data []byte, f *Frame, choice []int) error {
	p := frameParser{rest: data}
	*f = Frame{}
	if p.frame(f, choice) {
		return nil
	}
	*f = Frame{}
	if !utf8.Valid(data) {
		return errNotText
	}
	return json.Unmarshal(data, f)
}

// frameParser knows a subset of JSON: one object of known members, each at most
// once, strings without escapes, integers of up to 9 digits, no white space. What
// does not fit sets failed, and the rest is read for nothing.
type frameParser struct {
	rest   []byte
	seen   [8]bool
	failed bool
}

func (p *frameParser) frame(f *Frame, choice []int) bool {
	p.expect('{')
	for !p.failed {
		key := p.text()
		p.expect(':')
		p.member(key, f, choice)
		if p.accept('}') {
			return !p.failed && len(p.rest) == 0
		}
		p.expect(',')
	}
	return false
}

func (p *frameParser) member(key []byte, f *Frame, choice []int) {
	switch string(key) {
	case "t":
		p.once(0)
		if v := p.text(); string(v) == "entry" {
			f.T = "entry" // without garbage
		} else {
			f.T = string(v)
		}
	case "ref":
		p.once(1)
		f.Ref = p.raw()
	case "activity":
		p.once(2)
		f.Activity = p.number()
	case "run":
		p.once(3)
		f.Run = p.number()
	case "n":
		p.once(4)
		f.N = uint32(p.number())
	case "nonce":
		p.once(5)
		f.Nonce = string(p.text())
	case "choice":
		p.once(6)
		f.Choice = p.numbers(choice[:0])
	case "value":
		p.once(7)
		value := p.number()
		f.Value = &value
	default:
		p.failed = true
	}
}

func (p *frameParser) once(member int) {
	p.failed = p.failed || p.seen[member]
	p.seen[member] = true
}

// accept reads c where it is next.
func (p *frameParser) accept(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *frameParser) expect(c byte) { p.failed = !p.accept(c) || p.failed }

// text reads a string of printable ASCII without escapes.
func (p *frameParser) text() []byte {
	p.expect('"')
	for i, c := range p.rest {
		switch {
		case c == '"':
			s := p.rest[:i]
			p.rest = p.rest[i+1:]
			return s
		case c < ' ' || c > '~' || c == '\\':
			p.failed = true
			return nil
		}
	}
	p.failed = true
	return nil
}

// raw reads a string or a number, and returns its JSON.
func (p *frameParser) raw() []byte {
	start := p.rest
	if len(start) > 0 && start[0] == '"' {
		p.text()
	} else {
		p.number()
	}
	return start[:len(start)-len(p.rest)]
}

// number reads an integer of 1 to 9 digits, without sign or leading zero.
func (p *frameParser) number() int {
	n, i := 0, 0
	for i < len(p.rest) && i < 9 && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = 10*n + int(p.rest[i]-'0')
		i++
	}
	p.failed = p.failed || i == 0 || i > 1 && p.rest[0] == '0'
	p.rest = p.rest[i:]
	return n
}

func (p *frameParser) numbers(into []int) []int {
	p.expect('[')
	if p.accept(']') {
		return []int{}
	}
	for !p.failed {
		into = append(into, p.number())
		if p.accept(']') {
			return into
		}
		p.expect(',')
	}
	return nil
}
