//go:build e2e

package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// readValue appends one value of Redis' protocol (RESP2 and 3), as its bytes
// stand, to dst.
func readValue(in *bufio.Reader, dst []byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return dst, err
	}
	kind, rest := line[0], string(bytes.TrimRight(line[1:], "\r\n"))
	dst = append(dst, line...)
	values := 0
	switch kind {
	case '+', '-', ':', '_', '#', ',', '(':
		return dst, nil
	case '$', '=', '!', '*', '~', '>', '%', '|':
		n, err := strconv.Atoi(rest)
		if err != nil {
			return dst, fmt.Errorf("size %q: %w", rest, err)
		}
		switch kind {
		case '$', '=', '!':
			if n < 0 {
				return dst, nil
			}
			start := len(dst)
			dst = append(dst, make([]byte, n+2)...)
			for got := start; got < len(dst); {
				n, err := in.Read(dst[got:])
				if err != nil {
					return dst, err
				}
				got += n
			}
			return dst, nil
		case '%':
			values = 2 * n
		case '|':
			values = 2*n + 1 // and what the attributes are of
		default:
			values = n
		}
	default:
		return dst, fmt.Errorf("no value of Redis' protocol begins with %q", kind)
	}
	for range values {
		if dst, err = readValue(in, dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// words returns the first few words of a command as it stands on the wire.
func words(command []byte, most int) (out []string) {
	in := bufio.NewReader(bytes.NewReader(command))
	if _, err := in.ReadSlice('\n'); err != nil { // the array's length
		return nil
	}
	for range most {
		value, err := readValue(in, nil)
		if err != nil {
			break
		}
		_, text, _ := bytes.Cut(value, []byte("\r\n"))
		out = append(out, string(bytes.TrimSuffix(text, []byte("\r\n"))))
	}
	return out
}

// request is what the proxy needs to know of a command.
type request int

const (
	other   request = iota
	waiting         // a read that blocks
	adding          // its reply says that records were appended
)

// requests reads one connection's commands: what stands in a MULTI takes effect with
// its EXEC.
type requests struct {
	multi, adds bool
}

func (r *requests) classify(command []byte) request {
	w := words(command, 4)
	if len(w) == 0 {
		return other
	}
	switch name := strings.ToUpper(w[0]); name {
	case "MULTI":
		r.multi, r.adds = true, false
	case "XADD":
		if !r.multi {
			return adding
		}
		r.adds = true
	case "EXEC", "DISCARD":
		adds := r.multi && r.adds && name == "EXEC"
		r.multi = false
		if adds {
			return adding
		}
	case "EVAL", "EVALSHA", "FCALL":
		// The scripts whose first key is a log are those that append to it.
		if len(w) == 4 && strings.HasSuffix(w[3], ":log") {
			return adding
		}
	case "XREAD":
		return waiting
	}
	return other
}
