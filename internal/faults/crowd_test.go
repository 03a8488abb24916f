//go:build e2e

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
)

// options is how many options each poll has.
const options = 4

const callLimit = 10 * time.Second

// crowd is all phones, and the event they are at.
type crowd struct {
	nodes []*node
	http  *http.Client
	fail  func(check, format string, a ...any)

	code, hostKey         string
	poll, flicker, raffle int // activities; flicker is opened and closed all the time

	phones  []*phone
	acked   atomic.Int64
	lossy   bool        // what was acknowledged may be taken back
	closing atomic.Bool // poll and raffle may be closed by now

	over context.Context // ends when the phones give up
	end  context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	phase   phase
	busy    int // phones in the middle of an entry
}

type phase int

const (
	paused phase = iota
	bursting
	done
)

func newCrowd(nodes []*node, fail func(check, format string, a ...any)) *crowd {
	c := &crowd{nodes: nodes, http: newHTTP(), fail: fail}
	c.changed = sync.NewCond(&c.mu)
	c.over, c.end = context.WithCancel(context.Background())
	return c
}

// host makes a host's call at a node.
func (c *crowd) host(n *node, method, path string, body, out any) error {
	return c.call(callLimit, n, c.hostKey, method, path, body, out)
}

// setUp makes the event with its activities, all open.
func (c *crowd) setUp() error {
	n := c.nodes[0]
	created, err := c.create(n, "Faults")
	if err != nil {
		return fmt.Errorf("create event: %w", err)
	}
	c.code, c.hostKey = created.Code, created.HostKey
	names := []string{"A", "B", "C", "D"}[:options]
	for _, a := range []struct {
		id   *int
		spec any
	}{
		{&c.poll, contract.PollSpec{Kind: contract.KindPoll, Title: "Steady", Options: names, Results: contract.Live}},
		{&c.flicker, contract.PollSpec{Kind: contract.KindPoll, Title: "Flickering", Options: names, Results: contract.Live}},
		{&c.raffle, contract.RaffleSpec{Kind: contract.KindRaffle, Title: "Mugs", Winners: winners}},
	} {
		var out contract.Activity
		if err := c.host(n, "POST", "/activities", a.spec, &out); err != nil {
			return fmt.Errorf("add activity: %w", err)
		}
		*a.id = out.ID
		if err := c.host(n, "POST", fmt.Sprintf("/activities/%d/open", out.ID), nil, nil); err != nil {
			return fmt.Errorf("open activity: %w", err)
		}
	}
	return nil
}

// gather lets phones join; they wait for resume.
func (c *crowd) gather(phones int, seed uint64) error {
	var all []*phone
	for i := range phones {
		p, err := c.join(seed, i)
		if err != nil {
			return err
		}
		p.overHTTP = i%6 == 1
		p.numbered = i%12 != 1
		p.patient = i%8 != 2
		all = append(all, p)
	}
	for _, p := range all {
		c.wg.Go(p.live)
	}
	return nil
}

// join makes a participant; its phone does nothing by itself.
func (c *crowd) join(seed uint64, no int) (*phone, error) {
	p := &phone{c: c, random: rand.New(rand.NewPCG(seed, uint64(1000+no))), numbered: true, sure: map[int]event.Choice{}}
	p.waits = time.Duration(2000+p.random.IntN(4000)) * time.Millisecond
	p.nonce = newNonce(p.random)
	var out contract.Joined
	n := c.nodes[no%len(c.nodes)]
	err := c.call(callLimit, n, "", "POST", "/participants", nil, &out)
	for attempt := 1; contract.StatusOf(err) == 503 || contract.StatusOf(err) == 429; attempt++ {
		// Busy: it says so fast, and is asked again.
		if !c.sleep(fullJitter(p.random, attempt)) || attempt > 50 {
			break
		}
		err = c.call(callLimit, n, "", "POST", "/participants", nil, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	p.token = out.Token
	p.who, err = whose(out.Token)
	for _, a := range []int{c.poll, c.flicker} {
		p.sure[a] = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.phones = append(c.phones, p)
	return p, err
}

// resume has all phones submit entries, as fast as they are answered.
func (c *crowd) resume() { c.enter(bursting) }

// settle has the phones stop, and returns how many are still without an answer
// after limit.
func (c *crowd) settle(limit time.Duration) (waiting int) {
	c.enter(paused)
	timer := time.AfterFunc(limit, c.changed.Broadcast)
	defer timer.Stop()
	deadline := time.Now().Add(limit)
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy > 0 && time.Now().Before(deadline) {
		c.changed.Wait()
	}
	return c.busy
}

// stop sends everybody home.
func (c *crowd) stop() {
	c.enter(done)
	c.end()
	c.wg.Wait()
	c.http.CloseIdleConnections()
}

func (c *crowd) enter(p phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != done {
		c.phase = p
	}
	c.changed.Broadcast()
}

// begin waits until entries may be made; false: never again.
func (c *crowd) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.phase == paused {
		c.changed.Wait()
	}
	if c.phase == done {
		return false
	}
	c.busy++
	return true
}

func (c *crowd) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.changed.Broadcast()
}

// sleep is a phone's back-off; false where it is over.
func (c *crowd) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.over.Done():
		return false
	}
}
