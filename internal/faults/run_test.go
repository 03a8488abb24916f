//go:build e2e

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"drumroll/internal/contract"
)

// settleLimit is how long after a fault the last answer may take: a phone's
// longest wait and back-off, several times.
const settleLimit = 60 * time.Second

// acceptLimit is how long after a fault a node may refuse everything. Most of it is
// for a failover of Redis on a busy machine.
const acceptLimit = 30 * time.Second

// fault is one thing that goes wrong.
type fault struct {
	name  string
	nodes int
	store func(*testing.T, *run) *store
	// strike does it, in the full burst, and undoes it.
	strike func(*run)
	play   func(*run) // instead of strike: the whole run
	// lossy: the settings do not promise that nothing acknowledged is lost; how
	// much was is reported.
	lossy bool
	seeds int // runs in the long form
}

// scale is how much is thrown.
type scale struct {
	phones        int
	before, after time.Duration // of burst, around the fault
	hold          time.Duration // that a process is stopped
	entries       int           // of the race of duplicates
}

// run is one fault with one seed.
type run struct {
	t      *testing.T
	fault  fault
	seed   uint64
	scale  scale
	random *rand.Rand // of the test's goroutine
	dir    string     // of the nodes' logs

	store  *store
	nodes  []*node
	crowd  *crowd
	host   *host
	second *host    // where a fault has one
	probes []*phone // one a node

	mu     sync.Mutex
	failed map[string]int // checks that failed, and how often

	// For the table:
	inFlight, acked, lost, doubled int
	again                          time.Duration // until accepting again
}

// fail notes a failed check. It may be called from any goroutine until the test
// ends.
func (r *run) fail(check, format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[check]++
	if r.failed[check] <= 3 {
		r.t.Errorf("CHECK %s: %s", check, fmt.Sprintf(format, a...))
	}
}

// do carries the run out.
func (r *run) do() {
	r.begin()
	if r.t.Failed() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	r.host = &host{c: r.crowd, random: rand.New(rand.NewPCG(r.seed, 2))}
	wg.Go(func() { r.host.busy(ctx) })
	r.crowd.resume()
	r.moment(r.scale.before)
	r.fault.strike(r)
	r.moment(r.scale.after)
	r.settled()
	r.crowd.resume()
	r.moment(300 * time.Millisecond)
	r.close()
	r.moment(200 * time.Millisecond)
	cancel()
	wg.Wait()
	r.settled()
	r.crowd.stop()
	r.check()
}

// begin starts the nodes and gathers the crowd.
func (r *run) begin() {
	r.t.Helper()
	r.store = r.fault.store(r.t, r)
	for i := range r.fault.nodes {
		r.nodes = append(r.nodes, newNode(r.t, r.dir, i, r.store.flags(i)))
	}
	r.crowd = newCrowd(r.nodes, r.fail)
	r.crowd.lossy = r.fault.lossy
	r.t.Cleanup(r.crowd.stop)
	if err := r.crowd.setUp(); err != nil {
		r.t.Fatal(err)
	}
	for i := range r.nodes {
		p, err := r.crowd.join(r.seed, 1_000_000+i)
		if err != nil {
			r.t.Fatal(err)
		}
		p.waits = time.Second
		r.probes = append(r.probes, p)
	}
	if err := r.crowd.gather(r.scale.phones, r.seed); err != nil {
		r.t.Fatal(err)
	}
}

// moment lets between half of d and d go by.
func (r *run) moment(d time.Duration) {
	time.Sleep(d/2 + time.Duration(r.random.Int64N(int64(d/2)+1))) // the random moment itself
}

// strikes notes how many entries are on their way to the nodes (none named: all)
// and fails where there are none: then the fault would test nothing.
func (r *run) strikes(nodes ...*node) {
	if len(nodes) == 0 {
		nodes = r.nodes
	}
	n := 0
	for deadline := time.Now().Add(2 * time.Second); n == 0 && time.Now().Before(deadline); {
		for _, node := range nodes {
			n += int(node.inFlight.Load())
		}
	}
	if n == 0 {
		r.fail("inflight", "nothing was on its way when the fault struck")
	}
	r.inFlight += n
}

// accepting waits until each of the nodes (none named: all) has acknowledged an
// entry that was made after now, and notes how long after from that was.
func (r *run) accepting(from time.Time, nodes ...*node) {
	if len(nodes) == 0 {
		nodes = r.nodes
	}
	var wg sync.WaitGroup
	for _, n := range nodes {
		p := r.probes[slices.Index(r.nodes, n)]
		wg.Go(func() {
			for deadline := time.Now().Add(acceptLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				p.n++
				e := &entry{key: key{p.who, r.crowd.poll, p.n, 1 << p.random.IntN(options)}, first: time.Now()}
				p.entries = append(p.entries, e)
				if p.judge(e, p.post(n, e)); e.acked != "" {
					return
				}
			}
			r.fail("accepting", "node %d takes no entries %v after the fault", n.no, acceptLimit)
		})
	}
	wg.Wait()
	r.again = max(r.again, time.Since(from))
}

// refusing reports whether the node refuses an entry.
func (r *run) refusing(n *node) bool {
	p := r.probes[slices.Index(r.nodes, n)]
	p.n++
	e := &entry{key: key{p.who, r.crowd.poll, p.n, 1}, first: time.Now()}
	p.entries = append(p.entries, e)
	p.judge(e, p.post(n, e))
	return e.acked == ""
}

func (r *run) anyNode() *node { return r.nodes[r.random.IntN(len(r.nodes))] }

// settled waits until every phone that asks on is answered.
func (r *run) settled() {
	if waiting := r.crowd.settle(settleLimit); waiting > 0 {
		r.fail("settled", "%d phones have no answer after %v", waiting, settleLimit)
	}
}

// close closes the poll and the raffle in the full burst, and draws.
func (r *run) close() {
	r.crowd.closing.Store(true)
	for _, path := range []string{
		fmt.Sprintf("/activities/%d/close", r.crowd.poll),
		fmt.Sprintf("/activities/%d/close", r.crowd.raffle),
		fmt.Sprintf("/activities/%d/draw", r.crowd.raffle),
	} {
		if err := r.insist(path); err != nil {
			r.fail("settled", "%v", err)
		}
	}
}

// insist gives a host's command until it is known to have been carried out.
func (r *run) insist(path string) error {
	var err error
	for deadline := time.Now().Add(settleLimit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		n := r.nodes[r.random.IntN(len(r.nodes))]
		if err = r.crowd.host(n, "POST", path, nil, nil); err == nil || contract.StatusOf(err) == 409 {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// keepLogs says how to repeat a run that failed and where its nodes' logs are;
// those of others go.
func (r *run) keepLogs() {
	if !r.t.Failed() {
		if err := os.RemoveAll(r.dir); err != nil {
			r.t.Error(err)
		}
		return
	}
	target := "faults-short"
	if option[bool]("long") {
		target = "faults"
	}
	r.t.Logf("seed %d; nodes' logs: %s\nreplay: make %s ARGS='-fault %s -seed %d'", r.seed, r.dir, target, r.fault.name, r.seed)
}
