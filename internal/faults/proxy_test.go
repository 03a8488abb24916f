//go:build e2e

package faults

import (
	"bufio"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// proxy stands between one node and its Redis.
type proxy struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	links   map[*link]struct{}
	cut     bool // connections are refused
	drop    int  // one in so many replies to appends is dropped; 0: none
	dropped int
	stall   time.Time // until when reads that block get no reply
	delay   time.Duration
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn

	mu    sync.Mutex
	asked []request // without a reply so far
}

func startProxy(t *testing.T, target string, seed uint64) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, random: rand.New(rand.NewPCG(seed, 7)), links: map[*link]struct{}{}}
	t.Cleanup(func() {
		_ = listener.Close()
		p.sever(true)
		p.wg.Wait()
	})
	p.wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(client) })
		}
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// sever resets all connections and, with cut, those to come.
func (p *proxy) sever(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	for l := range p.links {
		l.reset()
	}
}

// dropReplies has one in so many appends lose its reply, and the connection with
// it, after Redis has executed it. Each second time the reads that would tell of
// the append are late as well.
func (p *proxy) dropReplies(oneIn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = oneIn
}

// slow delays every reply by up to so long.
func (p *proxy) slow(most time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = most
}

func (p *proxy) drops() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{client: client, server: server}
	p.mu.Lock()
	if p.cut {
		l.reset()
	}
	p.links[l] = struct{}{}
	p.mu.Unlock()
	p.wg.Go(func() { l.ask(); l.reset() })
	p.answer(l)
	l.reset()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// reset ends both connections; the node's with a RST, as a broken link would.
func (l *link) reset() {
	if c, ok := l.client.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	_ = l.client.Close()
	_ = l.server.Close()
}

// ask forwards commands.
func (l *link) ask() {
	in := bufio.NewReaderSize(l.client, 64<<10)
	var requests requests
	var command []byte
	var err error
	for {
		if command, err = readValue(in, command[:0]); err != nil {
			return
		}
		kind := requests.classify(command)
		l.mu.Lock()
		l.asked = append(l.asked, kind)
		l.mu.Unlock()
		if _, err := l.server.Write(command); err != nil {
			return
		}
	}
}

// answer forwards replies, as far as they get through.
func (p *proxy) answer(l *link) {
	in := bufio.NewReaderSize(l.server, 64<<10)
	var reply []byte
	var err error
	for {
		if reply, err = readValue(in, reply[:0]); err != nil {
			return
		}
		if reply[0] != '>' { // a push answers nothing
			l.mu.Lock()
			if len(l.asked) == 0 {
				l.mu.Unlock()
				return
			}
			kind := l.asked[0]
			l.asked = l.asked[1:]
			l.mu.Unlock()
			wait, lost := p.fate(kind, reply[0] == '-')
			if lost {
				return
			}
			if wait > 0 {
				time.Sleep(wait) // the delay itself
			}
		}
		if _, err := l.client.Write(reply); err != nil {
			return
		}
	}
}

// fate decides what becomes of a reply.
func (p *proxy) fate(kind request, failed bool) (wait time.Duration, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.delay > 0 {
		wait = time.Duration(p.random.Int64N(int64(p.delay)))
	}
	switch {
	case kind == waiting:
		return max(wait, time.Until(p.stall)), false
	case kind == adding && !failed && p.drop > 0 && p.random.IntN(p.drop) == 0:
		p.dropped++
		if p.random.IntN(2) == 0 {
			p.stall = time.Now().Add(time.Duration(20+p.random.IntN(80)) * time.Millisecond)
		}
		return 0, true
	}
	return wait, false
}
