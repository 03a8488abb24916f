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
	Version  int    `json:"version"`
	Code     string `json:"code"`
	Event    ID     `json:"event"`
	Activity int    `json:"activity"`
	Run      int    `json:"run"`
	Root     Hash   `json:"root"`
	Size     int    `json:"size"` // lines that follow
}

// WriteEntrants writes the public form of the list that a draw was made from,
// the body of GET /api/v1/events/{code}/draws/{n}/entrants: newline-delimited
// JSON, a ListHead and then a Leaf a line, in the list's order. It returns w's
// first error.
func WriteEntrants(w io.Writer, r *Record, list *List) error {
	buf := bufio.NewWriterSize(w, 32<<10)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	head := ListHead{RecordVersion, r.Code, r.Event, r.Activity, r.Run, list.Root(), list.Size()}
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
	lines *bufio.Scanner
	read  int
}

// NewEntrants reads the head of an entrant list.
func NewEntrants(r io.Reader) (*Entrants, error) {
	e := &Entrants{lines: bufio.NewScanner(r)}
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
	case errors.Is(err, io.EOF) && e.read == e.Head.Size:
		return Leaf{}, io.EOF
	case errors.Is(err, io.EOF):
		return Leaf{}, fmt.Errorf("entrant list ends after %d of %d", e.read, e.Head.Size)
	case err != nil:
		return Leaf{}, fmt.Errorf("entrant %d: %w", e.read, err)
	case e.read == e.Head.Size:
		return Leaf{}, fmt.Errorf("entrant list goes on after %d", e.Head.Size)
	}
	e.read++
	return l, nil
}

// line decodes one line, of at most 64 KiB; io.EOF at the end.
func (e *Entrants) line(into any) error {
	if !e.lines.Scan() {
		if err := e.lines.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	dec := json.NewDecoder(bytes.NewReader(e.lines.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("empty line")
		}
		return err
	}
	if dec.More() {
		return errors.New("more than one value in a line")
	}
	return nil
}
