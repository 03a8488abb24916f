//go:build e2e

package faults

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	copies     = 100 // of each entry
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
		if err := n.leave(); err != nil {
			r.fail("exit", "node %d: %v", n.no, err)
		}
	}
	r.checkLogs()
	log, err := r.store.open(r.t)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // it was read
	counted, err := countLog(r.t, log, r.crowd.code)
	if err != nil {
		r.t.Fatalf("count the log: %v", err)
	}
	r.checkTallies(counted, v)
	r.checkLedger(counted)
}

// race sends one entry in all its copies, and looks what they are answered.
func (p *phone) race() error {
	p.n = 1
	e := &entry{key: key{p.who, p.c.poll, p.n, 1 << p.random.IntN(options)}, first: time.Now()}
	p.entries = append(p.entries, e)
	open := make([]*line, lines)
	for i := range open {
		n := p.c.nodes[i%len(p.c.nodes)]
		var err error
		for attempt := 1; ; attempt++ {
			if open[i], err = dialLine(n.addr, p.c.code, p.token, callLimit); err == nil {
				break
			}
			if attempt > 20 {
				return err
			}
			time.Sleep(fullJitter(p.random, min(attempt, 3))) // a client's back-off
		}
		defer open[i].close()
	}
	told := map[string]int{}
	var mu sync.Mutex
	for sent := 0; sent < copies/lines; {
		now := min(window+sent/window, copies/lines-sent)
		frames := p.burst(e, sent, now)
		sent += now
		e.sends += lines * now
		var wg sync.WaitGroup
		errs := make([]error, lines)
		for i, l := range open {
			n := p.c.nodes[i%len(p.c.nodes)]
			wg.Go(func() {
				n.inFlight.Add(int64(now))
				defer n.inFlight.Add(-int64(now))
				if errs[i] = l.send(frames, onePatient); errs[i] != nil {
					return
				}
				for range now {
					var status string
					if status, errs[i] = l.ack(); errs[i] != nil {
						return
					}
					mu.Lock()
					told[status]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
	}
	if told["counted"] != 1 || told["counted"]+told["unchanged"]+told["retry"] != copies || told["unchanged"] < copies/2 {
		p.c.fail("told", "participant %v sent one entry %d times and was told %v", p.who, copies, told)
	}
	e.acked = "counted"
	p.c.acked.Add(1)
	return nil
}

// burst is so many copies of an entry as they go over the wire, at once.
func (p *phone) burst(e *entry, from, n int) []byte {
	var all strings.Builder
	for i := range n {
		all.Write(textFrame(fmt.Sprintf(`{"t":"entry","ref":%d,%s}`, from+i, p.body(e))))
	}
	return []byte(all.String())
}

// ack is the status of the next acknowledgement.
func (l *line) ack() (string, error) {
	data, err := l.next(`{"t":"ack"`, time.Now().Add(onePatient))
	if err != nil {
		return "", err
	}
	var ack struct{ Status string }
	err = json.Unmarshal(data, &ack)
	return ack.Status, err
}
