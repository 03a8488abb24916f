package eventlog

import (
	"context"
	"slices"
	"time"
)

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
