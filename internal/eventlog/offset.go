package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Offset is the position of a record in one event's log. Offsets are strictly
// rising within a log; the zero Offset stands before the first record.
//
// Ms is the log's own clock when the record was appended, in milliseconds since
// the Unix epoch (never falling, even when the clock does), Seq tells records of
// one millisecond apart. The form is that of Redis stream ids
// (https://redis.io/docs/latest/develop/data-types/streams/#entry-ids), which
// filelog imitates, so that both Logs store the time of a record with it.
// Outside the Logs and the fold's deadlines an Offset is opaque.
type Offset struct{ Ms, Seq uint64 }

// String gives "ms-seq", both decimal.
func (o Offset) String() string {
	return strconv.FormatUint(o.Ms, 10) + "-" + strconv.FormatUint(o.Seq, 10)
}

// ParseOffset reads what String wrote.
func ParseOffset(s string) (Offset, error) {
	ms, seq, _ := strings.Cut(s, "-")
	m, err := strconv.ParseUint(ms, 10, 64)
	q, err2 := strconv.ParseUint(seq, 10, 64)
	if err = cmp.Or(err, err2); err != nil {
		return Offset{}, fmt.Errorf("offset %q: want ms-seq: %w", s, err)
	}
	return Offset{m, q}, nil
}

// Compare returns -1, 0 or +1 if o stands before, at or after p.
func (o Offset) Compare(p Offset) int {
	return cmp.Or(cmp.Compare(o.Ms, p.Ms), cmp.Compare(o.Seq, p.Seq))
}

// Record is one item of an event's log.
type Record struct {
	Offset Offset
	Data   []byte // owned by the receiver
}

// Errors that a Log's methods wrap. Any other error of Append or Create means
// that the outcome is unknown: the records may or may not be in the log, now or
// a little later.
var (
	// ErrExists: Create found a log under this code.
	ErrExists = errors.New("event exists")
	// ErrNotFound: there is no log under this code (never created, deleted or
	// expired). Nothing was appended.
	ErrNotFound = errors.New("no such event")
	// ErrRefused: the store certainly did not take the records (it is out of memory
	// or disk space, or a read-only replica). Trying again later may succeed.
	ErrRefused = errors.New("log refused the records")
	// ErrCorrupt: the stored log cannot be read. The event stops; nothing is
	// skipped.
	ErrCorrupt = errors.New("log is damaged")
	// ErrClosed: the Log was closed before the call began. Nothing was appended.
	ErrClosed = errors.New("log is closed")
)
