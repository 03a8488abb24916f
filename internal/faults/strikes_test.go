//go:build e2e

package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// killNode kills a node with -9 and starts it again at once.
func killNode(r *run) {
	n := r.anyNode()
	r.strikes(n)
	struck := time.Now()
	n.Kill()
	n.start()
	r.accepting(struck, n)
}

// stopNode stops a node for a while, as a machine that swaps or a paused
// virtual one does.
func stopNode(r *run) {
	n := r.anyNode()
	r.strikes(n)
	n.signal(syscall.SIGSTOP)
	time.Sleep(r.scale.hold)
	n.signal(syscall.SIGCONT)
	r.accepting(time.Now(), n)
}

// roll has each node leave and come back, one after the other.
func roll(r *run) {
	for _, i := range r.random.Perm(len(r.nodes)) {
		n := r.nodes[i]
		r.strikes(n)
		struck := time.Now()
		if err := n.Leave(); err != nil {
			r.fail("exit", "node %d: %v", n.no, err)
		}
		n.start()
		r.accepting(struck, n)
	}
}

// cutLink cuts one node off from Redis for a while; the others go on.
func cutLink(r *run) {
	n := r.anyNode()
	r.strikes(n)
	p := r.store.proxies[n.no]
	p.sever(true)
	r.moment(r.scale.hold)
	p.sever(false)
	r.accepting(time.Now(), n)
}

// dropReplies has one in twenty appends lose its reply for a while. A second host
// adds drafts at the same time: what an append that came twice does to an entry its n
// would hide, but not what it does to a command.
func dropReplies(r *run) {
	r.strikes()
	ctx, cancel := context.WithCancel(context.Background())
	second := &host{c: r.crowd, random: rand.New(rand.NewPCG(r.seed, 3))}
	var wg sync.WaitGroup
	wg.Go(func() { second.hurry(ctx) })
	for _, p := range r.store.proxies {
		p.dropReplies(20)
		p.slow(3 * time.Millisecond)
	}
	r.moment(3 * r.scale.before)
	cancel()
	wg.Wait()
	r.second = second
	dropped := 0
	for _, p := range r.store.proxies {
		p.dropReplies(0)
		p.slow(0)
		dropped += p.drops()
	}
	r.t.Logf("%d replies dropped", dropped)
	if dropped == 0 {
		r.fail("inflight", "no reply to an append was dropped")
	}
	r.accepting(time.Now())
}
