package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Offset is the position of a record in one event's log. Offsets are strictly
// rising within a log; the zero Offset stands before the first record.
//
// Ms is the log's own clock when the record was appended, in milliseconds since
// the Unix epoch (never falling, even when the clock does), Seq tells records of
// one millisecond apart. The form is that of Redis stream ids
// (https://redis.io/docs/latest/develop/data-types/streams/#entry-ids), which
// boltlog imitates, so that the time of a record is data of the log for both.
// Outside the Logs and the fold's deadlines an Offset is opaque.
type Offset struct{ Ms, Seq uint64 }

// String gives "ms-seq", both decimal.
func (o Offset) String() string {
	return strconv.FormatUint(o.Ms, 10) + "-" + strconv.FormatUint(o.Seq, 10)
}

// ParseOffset reads what String wrote.
func ParseOffset(s string) (Offset, error) {
	ms, seq, ok := strings.Cut(s, "-")
	if !ok {
		return Offset{}, fmt.Errorf("offset %q: want ms-seq", s)
	}
	m, err := strconv.ParseUint(ms, 10, 64)
	if err != nil {
		return Offset{}, fmt.Errorf("offset %q: %w", s, err)
	}
	q, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return Offset{}, fmt.Errorf("offset %q: %w", s, err)
	}
	return Offset{m, q}, nil
}

// Compare is -1, 0 or +1 as o stands before, at or after p.
func (o Offset) Compare(p Offset) int {
	switch {
	case o.Ms < p.Ms, o.Ms == p.Ms && o.Seq < p.Seq:
		return -1
	case o == p:
		return 0
	}
	return 1
}

// IsZero reports whether o stands before the first record.
func (o Offset) IsZero() bool { return o == Offset{} }

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
	// ErrNotFound: there is no log under this code (never made, deleted or
	// expired). Nothing was appended.
	ErrNotFound = errors.New("no such event")
	// ErrRefused: the store certainly did not take the records (out of memory or
	// disk space, read-only replica). Trying again later may succeed.
	ErrRefused = errors.New("log refused the records")
	// ErrCorrupt: the stored log cannot be read. The event stops; nothing is
	// skipped.
	ErrCorrupt = errors.New("log is damaged")
	// ErrClosed: the Log was closed before the call began. Nothing was appended.
	ErrClosed = errors.New("log is closed")
)

// Log stores one append-only sequence of records per event, named by the
// event's code. Two real implementations stand: boltlog and redislog;
// eventlogtest holds the suite that both pass. All methods may be called from
// many goroutines at once. Record payloads are opaque here.
type Log interface {
	// Create makes the log of a new event with its first record, atomically:
	// of two callers one gets ErrExists. A code that ValidCode
	// rejects is ErrNotFound here as everywhere. The
	// first offset tells the place, not the time: redislog always gives 0-1.
	Create(ctx context.Context, code string, first []byte) (Offset, error)

	// Append adds the records, in order, all or none, with nothing of another
	// append between them. On return without an error they are as durable as the
	// store makes anything (bbolt: fsynced) and readable. The result is the last
	// record's offset. It never creates a log: ErrNotFound. Appending no records
	// changes nothing and returns the head.
	Append(ctx context.Context, code string, records [][]byte) (Offset, error)

	// Read returns up to max records (at least 1) after an offset, in order.
	// Where there are none it waits up to wait for one (0 or less: not at all) and
	// then returns an empty slice and no error. A cancelled ctx or a Close ends
	// the wait with an error, boltlog at once and redislog within a second.
	// ErrNotFound where there is no log, and for a wait during which the log was
	// deleted; redislog cannot tell a log that was made again under the same code
	// meanwhile from the old one (the uid in the records can).
	Read(ctx context.Context, code string, after Offset, max int, wait time.Duration) ([]Record, error)

	// At reads back the one record at an offset; nil data and no error where the
	// log exists but holds no record there. Replicas use it to notice a log that
	// lost its tail.
	At(ctx context.Context, code string, at Offset) ([]byte, error)

	// Head is the offset of the newest record that a Read would return.
	Head(ctx context.Context, code string) (Offset, error)

	// Delete removes the event's log and all that was stored for its code.
	// ErrNotFound where there is none.
	Delete(ctx context.Context, code string) error

	// Dials rises whenever a connection for reading was made anew: behind it may be
	// another server, or the same one without its last records, so that who tails
	// the log should look whether it still holds what was read. A Log that has no
	// connections never changes it.
	Dials() uint64

	// Clock is the log's present time: the one that new offsets carry.
	Clock(ctx context.Context) (time.Time, error)

	// SigningKey returns the 32-byte key kept beside the logs, made from
	// crypto/rand by the first node that asked (all nodes get the same one).
	SigningKey(ctx context.Context) ([]byte, error)

	// Here tells how many phones are connected to this node for the event and
	// returns the number over all nodes. A node's figure lapses after a few
	// seconds unless it is told again. It is not part of the log, and nothing is
	// stored for an event that has none.
	Here(ctx context.Context, code, node string, phones int) (total int, err error)

	// Ping reports whether the store answers and can take records.
	Ping(ctx context.Context) error

	// Measure appends for about half a second, for nobody, and says how fast the
	// store took it. Nothing of it remains. In a store of several masters it is that
	// of the event ("": any).
	Measure(ctx context.Context, code string) (Measurement, error)

	// Close releases the store; calls under way return, later ones get ErrClosed.
	// A second Close does nothing.
	Close() error
}
