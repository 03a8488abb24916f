package fairdraw

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ListHead is the first line of an entrant list: what list it is.
type ListHead struct {
	Version int    `json:"version"`
	Code    string `json:"code"`
	Freeze  Freeze `json:"freeze"` // as many lines follow as its size says
}

// WriteEntrants writes the public form of the list that a draw was made from,
// the body of GET /api/v1/events/{code}/draws/{n}/entrants: newline-delimited
// JSON, a ListHead and then a Leaf a line, in the list's order. It returns w's
// first error.
func WriteEntrants(w io.Writer, r *Record, list *List) error {
	buf := bufio.NewWriterSize(w, 32<<10)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	head := ListHead{RecordVersion, r.Code, r.Freeze}
	if err := enc.Encode(head); err != nil {
		return fmt.Errorf("write entrant list: %w", err)
	}
	for pos := range list.Size() {
		if err := enc.Encode(list.Leaf(pos)); err != nil {
			return fmt.Errorf("write entrant list: %w", err)
		}
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write entrant list: %w", err)
	}
	return nil
}

// Entrants reads what WriteEntrants wrote, once, line by line.
type Entrants struct {
	Head  ListHead
	lines *bufio.Reader
	read  int
}

// NewEntrants reads the head of an entrant list.
func NewEntrants(r io.Reader) (*Entrants, error) {
	e := &Entrants{lines: bufio.NewReaderSize(r, 64<<10)}
	if err := e.line(&e.Head); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("entrant list: %w", err)
	}
	if e.Head.Version != RecordVersion {
		return nil, fmt.Errorf("entrant list: version %d, want %d", e.Head.Version, RecordVersion)
	}
	return e, nil
}

// Next is the next entrant; io.EOF after the last line, other errors for what
// is no entrant and for more or fewer of them than the head says.
func (e *Entrants) Next() (Leaf, error) {
	var l Leaf
	err := e.line(&l)
	switch {
	case errors.Is(err, io.EOF) && e.read == e.Head.Freeze.Size:
		return Leaf{}, io.EOF
	case errors.Is(err, io.EOF):
		return Leaf{}, fmt.Errorf("entrant list ends after %d of %d", e.read, e.Head.Freeze.Size)
	case err != nil:
		return Leaf{}, fmt.Errorf("entrant %d: %w", e.read, err)
	case e.read == e.Head.Freeze.Size:
		return Leaf{}, fmt.Errorf("entrant list goes on after %d", e.Head.Freeze.Size)
	}
	e.read++
	return l, nil
}

// line decodes one line, which ends with a newline and has at most 64 KiB; io.EOF
// at the end.
func (e *Entrants) line(into any) error {
	line, err := e.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) > 0:
		return errors.New("the last line does not end")
	case err != nil:
		return err
	case bytes.ContainsRune(line, '\r'):
		return errors.New("a line ends with more than a newline")
	}
	return decodeStrictly(line, into)
}
