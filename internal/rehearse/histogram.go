package rehearse

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxLatency is the longest that is told from longer ones.
const maxLatency = time.Hour

// latencies counts durations from a microsecond on, to two digits. Many goroutines may use
// it.
type latencies struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram // of µs
}

func newLatencies() *latencies {
	return &latencies{h: hdrhistogram.New(1, maxLatency.Microseconds(), 2)}
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.h.RecordValue(min(max(d, 0), maxLatency).Microseconds()) // it is within the bounds
}

func (l *latencies) count() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.h.TotalCount()
}

// quantile is a duration that a share q of all does not exceed; 0 of none.
func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(l.h.ValueAtQuantile(100*q)) * time.Microsecond
}
