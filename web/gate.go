package web

import (
	"math/rand/v2"
	"net/http"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
)

// gate lets newcomers in (handshakes of sockets, joins, phones' pages) at a rate
// that the node can bear: these are its dearest requests, and a venue makes ten
// thousand of them at once when its doors open or a node restarts. The rate
// follows from how long goroutines wait for a processor: it grows while they
// hardly do and falls where they do, so that entries and the host go on meanwhile.
// Whoever is refused comes again, later the more were refused.
type gate struct {
	fixed float64 // newcomers a second; 0: adaptive
	cores float64
	late  func() time.Duration // that goroutines of late waited for a processor

	mu      sync.Mutex
	rate    float64
	tokens  float64
	at      time.Time // tokens are as of then
	looked  time.Time
	held    bool    // somebody was refused since
	refused float64 // of late, fading
}

// What newcomers cost, in sockets: a page is rendered and packed, a join over the
// API is little more than an entry.
const socketCost, pageCost, joinCost = 1, 1, 0.1

const (
	gateLook = 100 * time.Millisecond
	// Newcomers a second and processor: at the start, and within what bounds.
	gateStart, gateLeast, gateMost = 1000, 100, 10_000
	// A full lecture hall is let in at once, whatever else the node does: a tenth of
	// a second's work or two.
	gateBurst = 500
	// Waits for a processor that call for a lower rate, and that allow a higher one.
	gateLate, gateEarly = 20 * time.Millisecond, 5 * time.Millisecond
)

// newGate returns a gate of a fixed rate a second, or, for 0, one that adapts.
func newGate(fixed float64, cores int) *gate {
	g := &gate{fixed: fixed, cores: float64(cores), rate: fixed, late: newQueueWait().recent, at: time.Now()}
	if fixed == 0 {
		g.rate = gateStart * g.cores
	}
	g.tokens = g.burst()
	return g
}

// burst is how many may come at once.
func (g *gate) burst() float64 {
	if g.fixed > 0 {
		return max(1, g.fixed)
	}
	return gateBurst
}

// pass takes what a newcomer costs, in sockets; where there is none it returns how long to stay away.
func (g *gate) pass(cost float64) (after time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	gone := now.Sub(g.at).Seconds()
	g.at = now
	g.tokens = min(g.tokens+g.rate*gone, g.burst())
	g.refused = max(0, g.refused-g.rate*gone)
	if g.fixed == 0 && now.Sub(g.looked) >= gateLook {
		g.look(now)
	}
	if g.tokens >= cost {
		g.tokens -= cost
		return 0, true
	}
	g.held = true
	g.refused += cost
	// Those who were refused come back over the time that it takes to let them in.
	spread := min(max(2, g.refused/g.rate), 30)
	return time.Duration((0.5 + rand.Float64()*spread) * float64(time.Second)), false
}

// look adapts the rate; mu is held.
func (g *gate) look(now time.Time) {
	switch late := g.late(); {
	case late > gateLate:
		g.rate = max(g.rate*0.6, gateLeast*g.cores)
	case late < gateEarly && g.held:
		g.rate = min(g.rate*1.25, gateMost*g.cores)
	}
	g.looked, g.held = now, false
}

// queueWait reads from the runtime how long goroutines that could run waited for
// a processor.
type queueWait struct {
	sample []metrics.Sample
	before []uint64
}

func newQueueWait() *queueWait {
	return &queueWait{sample: []metrics.Sample{{Name: "/sched/latencies:seconds"}}}
}

// recent is what nine of ten goroutines did not wait longer than since the last
// call.
func (q *queueWait) recent() time.Duration {
	metrics.Read(q.sample)
	if q.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0 // a runtime that does not tell
	}
	h := q.sample[0].Value.Float64Histogram()
	if q.before == nil {
		q.before = make([]uint64, len(h.Counts))
	}
	var all uint64
	for i, n := range h.Counts {
		all += n - q.before[i]
	}
	left := all / 10
	wait := 0.0
	for i := len(h.Counts) - 1; i >= 0; i-- {
		if n := h.Counts[i] - q.before[i]; n > left {
			wait = h.Buckets[i] // its lower bound: the highest has no upper one
			break
		} else {
			left -= n
		}
	}
	copy(q.before, h.Counts)
	return time.Duration(max(0, wait) * float64(time.Second))
}

// letIn lets a socket of a view in. The host's is asked for its key instead.
func (s *Server) letIn(r *http.Request, view string) error {
	switch view {
	case viewHost:
		return nil
	case viewScreen:
		if !s.limits.allow(limitScreens, clientIP(r)) && !s.ofHost(r) {
			return errRate
		}
		return s.newcomer(r, s.screens, socketCost)
	}
	return s.newcomer(r, s.arrivals, socketCost)
}

// newcomer lets one of the crowd in, or answers with a *problem that says when to
// come again. A host is never kept out, however many others come.
func (s *Server) newcomer(r *http.Request, g *gate, cost float64) error {
	after, ok := g.pass(cost)
	if ok || s.ofHost(r) {
		return nil
	}
	return errArrivals.in(after)
}

// ofHost reports whether a request carries the host key of the event that its path
// names. It is asked only of requests that would be refused: for most, which carry
// none, that takes no more than a look at their cookies.
func (s *Server) ofHost(r *http.Request) bool {
	code, ok := normalCode(chi.URLParam(r, "code"))
	if !ok {
		return false
	}
	key := hostKey(r, code)
	if key == "" {
		return false
	}
	rep, err := s.event(r)
	return err == nil && isHost(rep, key)
}
