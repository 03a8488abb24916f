package web

import (
	"cmp"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits keeps a token bucket per key (a participant, an address). A room's
// phones share one address, so the ceiling per address is high; what counts is
// the participant's. The number of buckets is bounded: full ones, which nobody
// would miss, go first.
// The zero value has all buckets full.
type limits struct {
	mu      sync.Mutex
	buckets map[limitKey]*rate.Limiter
}

type limitKey struct {
	what string
	who  string
}

const maxBuckets = 200_000

// Each limit is a rate a second and a burst.
type limit struct {
	what  string
	rate  rate.Limit
	burst int
}

var (
	// Events made, and joins, from one address.
	limitCreate = limit{"create", 20, 1000}
	limitJoin   = limit{"join", 5000, 20_000}
	// Wrong keys tried from one address.
	limitKeys = limit{"keys", 5, 100}
)

// entryRate is how many entries a second one participant may send over HTTP, and
// each socket beside that: beyond it a phone only makes the log longer.
const entryRate = 1000

func (s *Server) entryRate() int { return cmp.Or(s.cfg.EntryRate, entryRate) }

func (s *Server) entryLimit() limit {
	return limit{"entries", rate.Limit(s.entryRate()), s.entryRate()}
}

// allow takes one token; false where there is none.
func (l *limits) allow(what limit, who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	key := limitKey{what.what, who}
	b := l.buckets[key]
	if b == nil {
		if l.buckets == nil {
			l.buckets = map[limitKey]*rate.Limiter{}
		}
		if len(l.buckets) >= maxBuckets {
			l.sweep(now)
		}
		b = rate.NewLimiter(what.rate, what.burst)
		l.buckets[key] = b
	}
	return b.AllowN(now, 1)
}

// sweep drops the buckets that are full again, and, where a flood of keys leaves
// none such, all.
func (l *limits) sweep(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) < maxBuckets {
		return
	}
	for key := range l.buckets {
		// Forgetting who tried wrong keys would let them go on.
		if key.what != limitKeys.what {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
