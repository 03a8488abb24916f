package rehearse

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/wsclient"
)

// phone is one participant's device. live is its goroutine; what is below mu is
// also touched by timers and the crowd's.
type phone struct {
	c       *crowd
	no      int
	arrives time.Duration // after the start

	mu      sync.Mutex
	random  *rand.Rand
	cookie  string // its identity
	socket  *wsclient.Socket
	ready   bool // the connection's first state came
	ever    bool // so did one at all
	home    bool
	silent  bool // and that was told
	heard   time.Time
	attempt int // failed dials in a row
	seq     uint64
	state   *shared
	n       uint32
	runs    []*part
	won     []string // tickets that it was told have won
	unsure  []string // won, and not yet known to be its own
}

// live is a phone from its arrival until all go home.
func (p *phone) live() {
	if !p.c.sleep(p.arrives) || p.c.ending.Load() {
		return
	}
	p.c.started.Add(1)
	for p.c.over.Err() == nil {
		var wait time.Duration
		if p.identity() == "" {
			wait = p.join()
		} else {
			wait = p.session()
		}
		if wait < 0 || !p.c.sleep(wait) {
			return
		}
	}
}

func (p *phone) identity() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cookie
}

// join opens the join page, which gives a phone its cookie. It returns the time
// to wait before the next step; below 0 there is none.
func (p *phone) join() time.Duration {
	req, err := http.NewRequestWithContext(p.c.over, http.MethodGet, p.c.base+"/"+p.c.code, nil)
	if err != nil {
		return -1
	}
	req.Header.Set("Accept-Encoding", "gzip") // as browsers do; the body is not looked at
	res, err := p.c.pages.Do(req)
	if err != nil {
		return p.failed("join", err)
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err != nil {
		return p.failed("join", err)
	}
	var pairs []string
	for _, cookie := range res.Cookies() {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		p.c.vanish()
		return -1
	case res.StatusCode != http.StatusOK, len(pairs) == 0:
		p.c.refuse("join: %d", res.StatusCode)
		return p.retryAfter(contract.RetryAfter(res.Header))
	}
	p.c.identities.Add(1)
	p.mu.Lock()
	p.cookie = strings.Join(pairs, "; ")
	p.mu.Unlock()
	return 0
}

// session dials, and reads until the connection ends. It returns the time to wait
// before the next.
func (p *phone) session() time.Duration {
	ctx, cancel := context.WithTimeout(p.c.over, dialTimeout)
	socket, err := wsclient.Dial(ctx, p.c.dials, p.c.base, p.c.code, "phone", http.Header{"Cookie": {p.identity()}})
	cancel()
	if err != nil {
		return p.notOpened(err)
	}
	p.mu.Lock()
	if p.home {
		p.mu.Unlock()
		socket.Close()
		return -1
	}
	p.socket, p.ready, p.silent, p.heard, p.seq = socket, false, false, time.Now(), 0
	p.mu.Unlock()
	err = p.read(socket)
	socket.Close()
	p.mu.Lock()
	p.socket = nil
	if p.ready {
		p.ready = false
		p.c.connected.Add(-1)
	}
	home := p.home
	p.mu.Unlock()
	if home {
		return -1
	}
	return p.closed(err)
}

// notOpened is a handshake that failed.
func (p *phone) notOpened(err error) time.Duration {
	refused, ok := errors.AsType[*contract.Refused](err)
	if !ok {
		return p.failed("dial", err)
	}
	switch refused.Status {
	case http.StatusNotFound:
		p.c.vanish()
		return -1
	case http.StatusUnauthorized:
		// The identity is of an earlier event of this code: the page gives a new one.
		p.mu.Lock()
		p.forgetLocked()
		p.mu.Unlock()
	}
	p.c.refuse("dial: %d", refused.Status)
	return p.retryAfter(refused.RetryAfter)
}

// forgetLocked makes a new participant of the phone.
func (p *phone) forgetLocked() {
	for _, r := range p.runs {
		if r.waiting != nil {
			p.c.waiting.Add(-1)
			p.c.refuse("entry: identity lost")
		}
	}
	p.cookie, p.runs, p.n, p.won, p.unsure = "", nil, 0, nil, nil
}

// closed is a connection that ended.
func (p *phone) closed(err error) time.Duration {
	end, ok := errors.AsType[*wsclient.Closed](err)
	if !ok {
		return p.backoff()
	}
	switch end.Code {
	case wsclient.CodeDeleted:
		p.c.vanish()
		return -1
	case wsclient.CodeLeaving:
		return 200*time.Millisecond + p.jitter(1500*time.Millisecond)
	case wsclient.CodeBusy:
		p.c.refuse("socket: 1013")
		ms, err := strconv.Atoi(end.Reason)
		if err != nil || ms < 0 {
			ms = 3000
		}
		wait := min(time.Duration(ms)*time.Millisecond, time.Minute)
		return wait + p.jitter(wait/2) + p.backoff()
	}
	p.c.refuse("socket: %d", end.Code)
	return p.backoff()
}

// failed counts a request that was not answered.
func (p *phone) failed(what string, err error) time.Duration {
	if p.c.over.Err() != nil {
		return -1
	}
	var slow net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		p.c.refuse("%s: connection refused", what)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		p.c.refuse("%s: no answer in time", what)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		p.c.refuse("%s: no free port on this machine", what)
	default:
		p.c.refuse("%s: no connection", what)
	}
	return p.backoff()
}

// retryAfter waits as an answer of 429 or 503 asks for, and longer each time.
func (p *phone) retryAfter(least time.Duration) time.Duration {
	return min(least, time.Minute) + p.backoff()
}

// backoff is exponential with full jitter: anything between nothing and
// 0.3 s · 2^attempt, at most 15 s, as a phone's page does.
func (p *phone) backoff() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt++
	return wsclient.FullJitter(p.random, p.attempt, maxBackoff)
}

func (p *phone) jitter(most time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.random.Float64() * float64(most))
}

// read takes what comes until the connection ends. A context that can end would cost a timer
// for each frame; watch ends what is silent.
func (p *phone) read(socket *wsclient.Socket) error {
	for {
		if err := socket.Next(context.Background(), func(frame []byte) { p.c.receive(p, frame) }); err != nil {
			return err
		}
	}
}

// look is the crowd's look after a phone, once a second: what went silent is
// dropped, what is not answered is sent again. lost: the script has it lose the
// network now.
func (p *phone) look(now time.Time, slept, lost bool) {
	p.mu.Lock()
	socket := p.socket
	if socket == nil {
		p.mu.Unlock()
		return
	}
	if slept {
		p.heard = now
	}
	quiet := now.Sub(p.heard)
	if quiet > p.c.limit.silence && !p.silent {
		p.silent = true
		p.c.checks.fail(checkSilence, "phone %d heard nothing for %v", p.no, quiet.Round(time.Second))
	}
	var frames [][]byte
	if p.ready && !lost {
		for _, r := range p.runs {
			if t := r.waiting; t != nil && !t.backing && now.Sub(t.sent) > p.c.limit.ack {
				frames = append(frames, p.frameLocked(r))
			}
		}
	}
	p.mu.Unlock()
	if lost || quiet > p.c.limit.deaf {
		socket.Close()
		return
	}
	send(socket, frames...)
}

// leave sends the phone home.
func (p *phone) leave() {
	p.mu.Lock()
	p.home = true
	socket := p.socket
	p.mu.Unlock()
	if socket != nil {
		socket.Close()
	}
}

// send writes frames. An error is the connection's end, which its reader sees.
func send(socket *wsclient.Socket, frames ...[]byte) {
	_ = socket.Send(context.Background(), frames...)
}
