package eventlog

import (
	"context"
	"slices"
	"time"
)

const (
	measureAppends = 20                     // at most
	measureFor     = 500 * time.Millisecond // no further append is begun after this
	// MeasureBytes is the size of the records that a measurement appends: a batch of some hundred entries.
	MeasureBytes = 2 << 10
)

// Measurement is how fast the store took records just now.
type Measurement struct {
	RoundTrip time.Duration // of a question that stores nothing; 0: the store is in this process
	Appends   int           // one after the other
	Median    time.Duration // from handing an append over until it was durable
	Worst     time.Duration
	// Remarks are clauses on what the store's settings can lose, or seem to.
	Remarks []string
}

// MeasureAppends calls once, which makes one durable append, some times in a row.
func MeasureAppends(ctx context.Context, once func() error) (Measurement, error) {
	var took []time.Duration
	for begin := time.Now(); len(took) < measureAppends && (len(took) == 0 || time.Since(begin) < measureFor); {
		if err := ctx.Err(); err != nil {
			return Measurement{}, err
		}
		start := time.Now()
		if err := once(); err != nil {
			return Measurement{}, err
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return Measurement{Appends: len(took), Median: took[len(took)/2], Worst: took[len(took)-1]}, nil
}
