package eventlog

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Log stores one append-only sequence of records per event, named by the event's
// code. filelog and redislog implement it, and eventlogtest is the suite that both
// pass. All methods may be called from many goroutines at once. The payloads of
// records are opaque here.
type Log interface {
	// Create makes the log of a new event with its first record, atomically: of two
	// callers one gets ErrExists. A code that ValidCode rejects is ErrNotFound, as in
	// all methods. The first offset tells the place, not the time: redislog always
	// returns 0-1.
	Create(ctx context.Context, code string, first []byte) (Offset, error)

	// Append adds the records, in order, all or none, with nothing of another append
	// between them. When it returns without an error, they are readable and as durable
	// as the store makes anything (filelog: fsynced). The result is the offset of the last
	// record. Append never creates a log: ErrNotFound. Appending no records changes
	// nothing and returns the head.
	Append(ctx context.Context, code string, records [][]byte) (Offset, error)

	// Read returns up to max records (at least 1) after an offset, in order. If there
	// are none, it waits for one, for at most wait (0 or less: not at all), and then
	// returns an empty slice and no error. A cancelled ctx or a Close ends the wait with
	// an error, in filelog at once and in redislog within a second. ErrNotFound if there
	// is no log, or if it was deleted during the wait. redislog cannot tell a log that was
	// created again under the same code from the old one (the uid in the records can).
	Read(ctx context.Context, code string, after Offset, max int, wait time.Duration) ([]Record, error)

	// At reads the one record at an offset. It returns nil and no error if the log
	// exists but holds no record there: the log has lost its tail.
	At(ctx context.Context, code string, at Offset) ([]byte, error)

	// Head is the offset of the newest record that a Read would return.
	Head(ctx context.Context, code string) (Offset, error)

	// Delete removes the event's log and everything else that is stored for its code.
	// ErrNotFound if there is none.
	Delete(ctx context.Context, code string) error

	// Close releases the store. Calls that are under way return, later ones get
	// ErrClosed. A second Close does nothing.
	Close() error
}

// Clock is the time of a store.
type Clock interface {
	// Now is the time that a record appended now would get.
	Now(ctx context.Context) (time.Time, error)
}

// Connections tells of the connections to a store.
type Connections interface {
	// Dials rises with every new connection for reading. Such a connection may lead to
	// another server, or to the same one without its last records, so a reader has to
	// check that the log still holds what it has read. It never changes for a store
	// without connections.
	Dials() uint64
}

// Presence counts connected phones over all nodes of a store. It is no part of the log.
type Presence interface {
	// Announce says how many phones are connected to this node for an event, and
	// returns the number over all nodes. A node's number is forgotten after a few seconds
	// unless it is announced again. Nothing is stored for an event without a log.
	Announce(ctx context.Context, code, node string, phones int) (total int, err error)
}

// Health tells how well a store works.
type Health interface {
	// Ping returns an error if the store does not answer or cannot take records.
	Ping(ctx context.Context) error

	// Measure appends test records for about half a second, removes them, and returns how
	// fast the store took them. If the store has several masters, it measures the one that
	// holds the event (code "": any).
	Measure(ctx context.Context, code string) (Measurement, error)
}

// Store is a place that keeps logs, with everything that a node needs of it.
type Store interface {
	Log
	Clock
	Connections
	Presence
	Health

	// SigningKey returns 32 random bytes. The first node that asks creates them, and all
	// nodes get the same ones.
	SigningKey(ctx context.Context) ([]byte, error)
}

// ValidCode reports whether a Log may keep an event under this code: 1 to 32 upper-case
// letters and digits. No other code has a log. New codes use a smaller alphabet (without
// 0 O 1 I L); this rule only makes a code safe as a file name and as part of a Redis key.
func ValidCode(code string) bool {
	return code != "" && len(code) <= 32 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

const (
	measureAppends = 20                     // at most
	measureFor     = 500 * time.Millisecond // no further append begins after this
	// MeasureBytes is the size of the records that a measurement appends: that of a batch of
	// about a hundred entries.
	MeasureBytes = 2 << 10
)

// Measurement is how fast a store took records.
type Measurement struct {
	RoundTrip time.Duration // of a request that stores nothing; 0: the store is in this process
	Appends   int           // that were made, one after the other
	Median    time.Duration // from the call of an append until it was durable
	Worst     time.Duration
	// Remarks are clauses about what the store's settings can lose.
	Remarks []string
}

// MeasureAppends calls appendOnce, which makes one durable append, up to 20 times in half a
// second.
func MeasureAppends(ctx context.Context, appendOnce func() error) (Measurement, error) {
	var took []time.Duration
	for begin := time.Now(); len(took) < measureAppends && (len(took) == 0 || time.Since(begin) < measureFor); {
		if err := ctx.Err(); err != nil {
			return Measurement{}, err
		}
		start := time.Now()
		if err := appendOnce(); err != nil {
			return Measurement{}, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return Measurement{Appends: len(took), Median: took[len(took)/2], Worst: took[len(took)-1]}, nil
}
