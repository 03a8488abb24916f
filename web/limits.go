package web

import (
	"cmp"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"drumroll/internal/event"
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
	what        string
	who         string            // an address, or an event's code
	participant event.Participant // in it, or 0
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
	// Screens opened from one address, well below what the lane of all screens lets
	// in (screensASecond): nobody keeps the projectors of others out.
	limitScreens = limit{"screens", 10, 50}
	// Rehearsals, and more phones for one, from one address: each is a crowd that
	// this node bears on top of the real ones, and hosting an event may be free to all.
	limitRehearse = limit{"rehearse", 0.1, 5}
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

// bucket is a full bucket of the limit.
func (l limit) bucket() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) }

// allow takes one token of an address; false where there is none.
func (l *limits) allow(what limit, address string) bool {
	return l.take(what, limitKey{what: what.what, who: address})
}

// allowParticipant takes one token of an event's participant.
func (l *limits) allowParticipant(what limit, code string, p event.Participant) bool {
	return l.take(what, limitKey{what.what, code, p})
}

func (l *limits) take(what limit, key limitKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	b := l.buckets[key]
	if b == nil {
		if l.buckets == nil {
			l.buckets = map[limitKey]*rate.Limiter{}
		}
		if len(l.buckets) >= maxBuckets {
			l.sweep(now)
		}
		b = what.bucket()
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
