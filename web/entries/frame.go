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
// once, strings without escapes, integers of up to 9 digits, no white space.
type frameParser struct{ rest []byte }

func (p *frameParser) frame(f *Frame, choice []int) bool {
	if !p.byte('{') {
		return false
	}
	var seen [8]bool
	once := func(i int) bool {
		was := seen[i]
		seen[i] = true
		return !was
	}
	for {
		key, ok := p.string()
		if !ok || !p.byte(':') {
			return false
		}
		switch string(key) {
		case "t":
			v, ok := p.string()
			if !ok || !once(0) {
				return false
			}
			f.T = "entry"
			if string(v) != f.T {
				f.T = string(v)
			}
		case "ref":
			start := p.rest
			if len(start) > 0 && start[0] == '"' {
				_, ok = p.string()
			} else {
				_, ok = p.number()
			}
			if !ok || !once(1) {
				return false
			}
			f.Ref = start[:len(start)-len(p.rest)]
		case "activity":
			if f.Activity, ok = p.number(); !ok || !once(2) {
				return false
			}
		case "run":
			if f.Run, ok = p.number(); !ok || !once(3) {
				return false
			}
		case "n":
			n, ok := p.number()
			if !ok || !once(4) {
				return false
			}
			f.N = uint32(n)
		case "nonce":
			v, ok := p.string()
			if !ok || !once(5) {
				return false
			}
			f.Nonce = string(v)
		case "choice":
			if f.Choice, ok = p.numbers(choice[:0]); !ok || !once(6) {
				return false
			}
		case "value":
			v, ok := p.number()
			if !ok || !once(7) {
				return false
			}
			f.Value = &v
		default:
			return false
		}
		if p.byte('}') {
			return len(p.rest) == 0
		}
		if !p.byte(',') {
			return false
		}
	}
}

func (p *frameParser) byte(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// string reads a string of printable ASCII without escapes.
func (p *frameParser) string() ([]byte, bool) {
	if !p.byte('"') {
		return nil, false
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			s := p.rest[:i]
			p.rest = p.rest[i+1:]
			return s, true
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// number reads an integer of 1 to 9 digits, without sign or leading zero.
func (p *frameParser) number() (int, bool) {
	n, i := 0, 0
	for i < len(p.rest) && i < 9 && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = 10*n + int(p.rest[i]-'0')
		i++
	}
	if i == 0 || i > 1 && p.rest[0] == '0' {
		return 0, false
	}
	p.rest = p.rest[i:]
	return n, true
}

func (p *frameParser) numbers(into []int) ([]int, bool) {
	if !p.byte('[') {
		return nil, false
	}
	if p.byte(']') {
		return []int{}, true
	}
	for {
		n, ok := p.number()
		if !ok {
			return nil, false
		}
		into = append(into, n)
		if p.byte(']') {
			return into, true
		}
		if !p.byte(',') {
			return nil, false
		}
	}
}
