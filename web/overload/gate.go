package overload

import (
	"math/rand/v2"
	"runtime/metrics"
	"sync"
	"time"

	"drumroll/web/problem"
)

// Gate lets newcomers in (handshakes of sockets, joins, phones' pages) at a rate
// that the node can bear: these are its most expensive requests, and a venue makes ten
// thousand of them at once when its doors open or a node restarts. The rate
// follows from how long goroutines wait for a processor: it grows while they
// hardly do and falls where they do, so that entries and the host go on.
// Who is refused comes again, later the more were refused.
type Gate struct {
	fixed float64 // newcomers a second; 0: adaptive
	cores float64
	late  func() time.Duration // that goroutines waited for a processor since the last call

	mu      sync.Mutex
	rate    float64
	tokens  float64
	at      time.Time // tokens are as of then
	looked  time.Time
	held    bool    // somebody was refused since
	refused float64 // recently, fading
}

// What newcomers cost, in sockets: a page is rendered and packed, a join over the
// API is little more than an entry.
const SocketCost, PageCost, JoinCost = 1, 1, 0.1

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

// newGate returns a Gate of a fixed rate a second, or, for 0, one that adapts.
func newGate(fixed float64, cores int) *Gate {
	g := &Gate{fixed: fixed, cores: float64(cores), rate: fixed, late: newQueueWait().recent, at: time.Now()}
	if fixed == 0 {
		g.rate = gateStart * g.cores
	}
	g.tokens = g.burst()
	return g
}

// burst is how many may come at once.
func (g *Gate) burst() float64 {
	if g.fixed > 0 {
		return max(1, g.fixed)
	}
	return gateBurst
}

// Admit lets a newcomer in for what it costs, in sockets, or says when to come again
// (a *problem.Problem). A host is never kept out, however many others come.
func (g *Gate) Admit(cost float64, isHost func() bool) error {
	after, ok := g.pass(cost)
	if ok || isHost() {
		return nil
	}
	return problem.Arrivals.In(after)
}

// pass takes what a newcomer costs, in sockets; where there is none it returns how long to stay away.
func (g *Gate) pass(cost float64) (after time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	gone := now.Sub(g.at).Seconds()
	g.at = now
	g.tokens = min(g.tokens+g.rate*gone, g.burst())
	g.refused = max(0, g.refused-g.rate*gone)
	if g.fixed == 0 && now.Sub(g.looked) >= gateLook {
		g.adaptLocked(now)
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

// adaptLocked adapts the rate.
func (g *Gate) adaptLocked(now time.Time) {
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
