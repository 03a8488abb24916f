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
	err := enc.Encode(ListHead{RecordVersion, r.Code, r.Freeze})
	for pos := 0; err == nil && pos < list.Size(); pos++ {
		err = enc.Encode(list.Leaf(pos))
	}
	if err == nil {
		err = buf.Flush()
	}
	if err != nil {
		return fmt.Errorf("write entrant list: %w", err)
	}
	return nil
}

// readEntrants reads what WriteEntrants wrote, once, line by line, and calls each for
// every entrant. Its first error is that of a line that is none, of more or fewer
// lines than the head says, or of head or each.
func readEntrants(from io.Reader, head func(ListHead) error, each func(Leaf) error) error {
	lines := bufio.NewReaderSize(from, 64<<10)
	var h ListHead
	err := readLine(lines, &h)
	if err == nil {
		err = head(h)
	}
	if err != nil {
		return fmt.Errorf("entrant list: %w", err)
	}
	for n := 0; ; n++ {
		var l Leaf
		switch err := readLine(lines, &l); {
		case errors.Is(err, io.EOF) && n == h.Freeze.Size:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("entrant list ends after %d of %d", n, h.Freeze.Size)
		case n == h.Freeze.Size:
			return fmt.Errorf("entrant list goes on after %d", n)
		case err != nil:
			return fmt.Errorf("entrant %d: %w", n, err)
		}
		if err := each(l); err != nil {
			return fmt.Errorf("entrant %d: %w", n, err)
		}
	}
}

// readLine decodes one line, which ends with a newline and has at most 64 KiB; io.EOF
// at the end.
func readLine(lines *bufio.Reader, into any) error {
	line, err := lines.ReadSlice('\n')
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
