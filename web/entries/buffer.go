package entries

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"

	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/kinds"
	"drumroll/web/wire"
)

// Buffer is memory for one entry call: its body, and then its answer.
type Buffer struct {
	frame   Frame
	body    [512]byte // an entry with all 50 choices fits
	choices [event.MaxOptions]int
}

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer returns a Buffer, which Free gives back.
func NewBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Free gives the buffer back: what came of it is not valid any more.
func (b *Buffer) Free() { buffers.Put(b) }

// Answer is the body that tells what became of an entry.
func (b *Buffer) Answer(settled *replica.Settled) []byte { return appendAnswer(b.body[:0], settled) }

// Read reads an entry. It is valid until Free.
func (b *Buffer) Read(w http.ResponseWriter, r *http.Request) (*event.Entry, error) {
	if n := r.ContentLength; n < 1 || n > int64(len(b.body)) {
		e := new(event.Entry)
		return e, wire.Decode(w, r, wire.MaxEntry, e)
	}
	if err := wire.CheckType(r); err != nil {
		return nil, err
	}
	body := b.body[:r.ContentLength]
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, wire.Malformed(err)
	}
	b.frame = Frame{}
	parser := frameParser{rest: body}
	if parser.frame(&b.frame, b.choices[:]) {
		return &b.frame.Entry, nil
	}
	e := new(event.Entry)
	return e, wire.DecodeFrom(bytes.NewReader(body), e)
}

// appendAnswer appends {"status","run","offset","ticket"}; no member needs
// escapes.
func appendAnswer(b []byte, settled *replica.Settled) []byte {
	o := &settled.Outcome
	b = append(b, `{"status":"`...)
	b = append(b, kinds.StatusWord(o.Status)...)
	b = append(b, `","run":`...)
	b = strconv.AppendInt(b, int64(o.Run), 10)
	b = append(b, `,"offset":"`...)
	b = settled.At.Append(b)
	if o.HasTicket {
		b = append(b, `","ticket":"`...)
		b = append(b, o.Ticket.String()...)
	}
	return append(b, "\"}\n"...)
}
