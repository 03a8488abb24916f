package overload

import (
	"cmp"
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"drumroll/internal/event"
	"drumroll/internal/hub"
)

const (
	// MaxSockets is how many sockets a node holds where its Config does not say.
	MaxSockets = 200_000

	// MaxUnacked is how many entries of one socket wait for their acknowledgement.
	MaxUnacked = 16

	// PhoneBuffer is how many bytes the kernel holds for a phone that does not read.
	// With the rest of one frame and what is queued behind it, such a phone costs less
	// than 64 KB.
	PhoneBuffer = 32 << 10

	// ScreensASecond is how many screens are let in a second.
	ScreensASecond = 100

	// broadcastShare leaves most of a node to entries, which wait for nobody.
	broadcastShare = 0.3

	// entryRate is how many entries a second one participant may send over HTTP, and
	// each socket besides: beyond it a phone only makes the log longer.
	entryRate = 1000
)

// Config of Valves.
type Config struct {
	Cores          int     // that this process may use; 0: GOMAXPROCS
	Arrivals       float64 // phones let in a second, those that come again included; 0: as many as the node bears
	BroadcastShare float64 // of the processors, for telling phones of moving counts; 0: 0.3
	EntryRate      int     // entries a second from one participant over HTTP, and from one socket; 0: 1,000
	MaxSockets     int     // of this node, screens and hosts included; 0: 200,000
}

// Valves are those of one node.
type Valves struct {
	Arrivals   *Gate // of phones
	Screens    *Gate // a lane of their own: no crowd keeps a projector out
	Limits     Limits
	Entries    Limit       // of a participant, and of a socket
	Broadcast  *hub.Budget // of the phones' ticks
	MaxSockets int64       // screens and hosts included; a host's is never one too many
}

// New returns the valves of a node.
func New(cfg Config) *Valves {
	perSecond, cores := cmp.Or(cfg.EntryRate, entryRate), cmp.Or(cfg.Cores, runtime.GOMAXPROCS(0))
	return &Valves{
		Arrivals:   newGate(cfg.Arrivals, cores),
		Screens:    newGate(ScreensASecond, cores),
		Entries:    Limit{"entries", rate.Limit(perSecond), perSecond},
		Broadcast:  hub.NewBudget(cmp.Or(cfg.BroadcastShare, broadcastShare) * float64(cores)),
		MaxSockets: int64(cmp.Or(cfg.MaxSockets, MaxSockets)),
	}
}

// Limits keeps a token bucket per key (a participant, an address). A room's
// phones share one address, so the ceiling per address is high; what counts is
// the participant's. The number of buckets is bounded: full ones, which nobody
// would miss, go first.
// The zero value has all buckets full.
type Limits struct {
	mu      sync.Mutex
	buckets map[limitKey]*rate.Limiter
}

type limitKey struct {
	what        string
	who         string            // an address, or an event's code
	participant event.Participant // in it, or 0
}

const maxBuckets = 200_000

// Limit is a rate a second and a burst.
type Limit struct {
	what  string
	rate  rate.Limit
	burst int
}

var (
	// Events made, and joins, from one address.
	Creating = Limit{"create", 20, 1000}
	Joining  = Limit{"join", 5000, 20_000}
	// Screens opened from one address, well below what the lane of all screens lets
	// in (ScreensASecond): nobody keeps the projectors of others out.
	Screens = Limit{"screens", 10, 50}
	// Rehearsals, and more phones for one, from one address: each is a crowd that
	// this node bears on top of the real ones, and hosting an event may be free to all.
	Rehearsing = Limit{"rehearse", 0.1, 5}
	// Wrong keys tried from one address.
	WrongKeys = Limit{"keys", 5, 100}
)

// Bucket is a full bucket of the limit.
func (l Limit) Bucket() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) }

// Interval is how long a token takes to come back.
func (l Limit) Interval() time.Duration { return time.Duration(float64(time.Second) / float64(l.rate)) }

// Allow takes one token of an address; false where there is none.
func (l *Limits) Allow(what Limit, address string) bool {
	return l.takeToken(what, limitKey{what: what.what, who: address})
}

// AllowParticipant takes one token of an event's participant.
func (l *Limits) AllowParticipant(what Limit, code string, p event.Participant) bool {
	return l.takeToken(what, limitKey{what.what, code, p})
}

func (l *Limits) takeToken(what Limit, key limitKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	b := l.buckets[key]
	if b == nil {
		if l.buckets == nil {
			l.buckets = map[limitKey]*rate.Limiter{}
		}
		if len(l.buckets) >= maxBuckets {
			l.sweepLocked(now)
		}
		b = what.Bucket()
		l.buckets[key] = b
	}
	return b.AllowN(now, 1)
}

// sweepLocked drops the buckets that are full again, and, where a flood of keys leaves
// none such, all.
func (l *Limits) sweepLocked(now time.Time) {
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
		if key.what != WrongKeys.what {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
