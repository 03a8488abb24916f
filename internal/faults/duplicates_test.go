//go:build e2e

package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/wsclient"
)

const (
	times      = 100 // that each entry is sent
	lines      = 4   // that a participant has, half of them at each of two nodes
	window     = 12  // or 13 copies at a time: a socket may have 16 unanswered
	atOnce     = 32  // participants
	onePatient = 30 * time.Second
)

// duplicate has every participant send one entry a hundred times, over several
// sockets to both nodes at the same moment: it counts once.
func duplicate(r *run) {
	r.begin()
	if r.t.Failed() {
		return
	}
	entries := make(chan int)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := range entries {
				p, err := r.crowd.join(r.seed, i)
				if err == nil {
					err = p.race()
				}
				if err != nil {
					r.fail("settled", "participant %d: %v", i, err)
				}
			}
		})
	}
	for i := range r.scale.entries {
		if i == r.scale.entries/2 {
			r.strikes()
		}
		entries <- i
	}
	close(entries)
	wg.Wait()
	r.crowd.stop()

	v, ok := r.views("after the race")
	if !ok {
		return
	}
	if got := v.Event.Activities[r.crowd.poll-1].Entries; got != r.scale.entries {
		r.doubled += max(0, got-r.scale.entries)
		r.fail("tallies", "%d entries of %d participants count", got, r.scale.entries)
	}
	for _, n := range r.nodes {
		if err := n.Leave(); err != nil {
			r.fail("exit", "node %d: %v", n.no, err)
		}
	}
	r.checkLogs()
	counted, err := r.count()
	if err != nil {
		r.t.Fatal(err)
	}
	r.checkTallies(counted, v)
	r.checkLedger(counted)
}

// race sends one entry in all its copies, and looks what they are answered.
func (p *phone) race() error {
	p.n = 1
	e := &entry{key: key{p.who, p.c.poll, p.n, 1 << p.random.IntN(options)}, first: time.Now()}
	p.entries = append(p.entries, e)
	open := make([]*wsclient.Socket, lines)
	for i := range open {
		n := p.c.nodes[i%len(p.c.nodes)]
		var err error
		for attempt := 1; ; attempt++ {
			if open[i], err = p.dial(n, callLimit); err == nil {
				break
			}
			if attempt > 20 {
				return err
			}
			time.Sleep(fullJitter(p.random, min(attempt, 3))) // a client's back-off
		}
		defer open[i].Close()
	}
	var told answers
	for sent := 0; sent < times/lines; {
		now := min(window+sent/window, times/lines-sent)
		sent += now
		var wg sync.WaitGroup
		errs := make([]error, lines)
		sends := make([]int, lines)
		for i, socket := range open {
			n := p.c.nodes[i%len(p.c.nodes)]
			random := rand.New(rand.NewPCG(p.random.Uint64(), 0)) // of this goroutine
			wg.Go(func() {
				// What a busy node has not taken is sent again.
				for left, attempt := now, 1; left > 0 && errs[i] == nil; attempt++ {
					if attempt > 1 && !p.c.sleep(fullJitter(random, attempt)) {
						return
					}
					sends[i] += left
					n.inFlight.Add(int64(left))
					before := left
					left, errs[i] = copies(socket, p.burst(e, left), &told)
					n.inFlight.Add(-int64(before))
				}
			})
		}
		wg.Wait()
		for i := range open {
			e.sends += sends[i]
			if errs[i] != nil {
				return errs[i]
			}
		}
	}
	if told.statuses["counted"] != 1 || told.statuses["unchanged"] != times-1 {
		p.c.fail("told", "participant %v sent one entry %d times and was told %v", p.who, times, told.statuses)
	}
	e.acked = "counted"
	p.c.acked.Add(1)
	return nil
}

// answers counts acknowledgements by status.
type answers struct {
	mu       sync.Mutex
	statuses map[string]int
}

func (a *answers) add(status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = map[string]int{}
	}
	a.statuses[status]++
}

// copies sends frames and returns how many of them were refused for load.
func copies(socket *wsclient.Socket, frames [][]byte, told *answers) (again int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), onePatient)
	defer cancel()
	if err := socket.Send(ctx, frames...); err != nil {
		return len(frames), err
	}
	for range frames {
		ack, err := nextAck(ctx, socket)
		if err != nil {
			return len(frames), err
		}
		if ack.Status == contract.Retry {
			again++
		} else {
			told.add(ack.Status)
		}
	}
	return again, nil
}

// burst is n copies of an entry's frame.
func (p *phone) burst(e *entry, n int) (all [][]byte) {
	for i := range n {
		all = append(all, fmt.Appendf(nil, `{"t":"entry","ref":%d,%s}`, i, p.body(e)))
	}
	return all
}
