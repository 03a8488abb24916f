package rehearse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"drumroll/internal/contract"
	"drumroll/internal/openfiles"
)

// Config says who comes and what they do.
type Config struct {
	JoinURL string // http(s)://host/CODE
	Direct  bool   // whatever proxy the environment names
	Phones  int
	Rate    float64 // entries a second over the whole crowd, open loop; 0: at human pace
	Script  Script
	Seed    uint64
	// Progress is told about twice a second; or nil.
	Progress func(Progress)
}

// Progress is where a rehearsal stands.
type Progress struct {
	Elapsed            time.Duration
	Phones, Connected  int
	Accepted, Retried  int64
	Refused            int64
	CheckIns           int64
	FailedChecks       int           // how often
	Failed             []Check       // which, so far
	Settling           bool          // time is up; the last taps are waited for
	LatencyP99, ForAll time.Duration // ForAll: how long it will take; 0: until it is ended
}

const (
	pageConns   = 128 // connections over which pages are fetched
	otherFiles  = 64  // of this process, besides the phones' sockets
	askTimeout  = 10 * time.Second
	dialTimeout = 12 * time.Second
	maxBackoff  = 15 * time.Second // between two tries
)

// patience says how long what may take.
type patience struct {
	look    time.Duration // between two looks after each phone
	tell    time.Duration // between two calls of Progress
	silence time.Duration // without a frame: a failed check
	deaf    time.Duration // without a frame: the phone dials again
	ack     time.Duration // for an acknowledgement: the same tap is sent again
	settle  time.Duration // for the last taps
	hurry   time.Duration // the same, after an interrupt
	agree   time.Duration // until all have heard of the host's last command
	lag     time.Duration // that a state may be behind an acknowledgement
}

// usual is a real phone's patience.
func usual() patience {
	return patience{
		look: time.Second, tell: 500 * time.Millisecond, silence: 20 * time.Second, deaf: 40 * time.Second, ack: 15 * time.Second,
		settle: 20 * time.Second, hurry: 3 * time.Second, agree: 5 * time.Second, lag: time.Second,
	}
}

// ErrAtOnce sends all phones home at once, as the cause of the end of Run's
// context: taps under way are not waited for, and what must hold in the end is not
// checked.
var ErrAtOnce = errors.New("the crowd is sent home at once")

// ErrTooManyPhones is Run's where this process may not open so many sockets.
var ErrTooManyPhones = errors.New("too many phones for this process")

// crowd is all phones of a rehearsal and what they count together.
type crowd struct {
	cfg   Config
	limit patience
	base  string // http(s)://host
	code  string
	pages *http.Client
	api   *contract.EventClient // as a stranger
	dials *http.Client

	start  time.Time
	phones []*phone
	before contract.Event // as it was before the crowd came

	states, ticks *recall
	newest        atomic.Pointer[contract.Event]
	spread        spreads

	checks  *checks
	latency *latencies
	frames  struct{ state, tick, ack, won atomic.Int64 }

	started, connected, got, identities atomic.Int64 // phones that came, are on now, ever had a state; participants
	counted, changed, unchanged         atomic.Int64
	taps, waiting                       atomic.Int64 // made; not answered yet
	retried, reconnects, unplaced       atomic.Int64
	checkIns, claims                    atomic.Int64
	lateness                            atomic.Int64 // ns, the most that a tap at a rate was sent after its time

	mu      sync.Mutex
	refused map[string]int // by reason
	owners  map[string]int // tickets, by phone

	ending atomic.Bool     // no new taps
	over   context.Context // ends when the phones go home
	gone   context.Context // ends with the event; vanish says that it was deleted
	vanish context.CancelFunc
}

// Run rehearses until the script's time is up, ctx ends or the event is gone; the
// last taps are waited for, unless ctx ends with ErrAtOnce. An error says why it could not
// begin; what failed later is in the report.
func Run(ctx context.Context, cfg Config) (*Report, error) { return run(ctx, cfg, usual()) }

func run(ctx context.Context, cfg Config, limit patience) (*Report, error) {
	c, err := newCrowd(ctx, cfg)
	if err != nil {
		return nil, err
	}
	c.limit = limit
	over, goHome := context.WithCancel(context.Background())
	defer goHome()
	c.over = over
	c.start = time.Now()

	var wg sync.WaitGroup
	for _, p := range c.phones {
		wg.Go(p.live)
	}
	wg.Go(c.watch)
	if cfg.Rate > 0 {
		wg.Go(c.pace)
	}
	wg.Go(c.progress)

	var stay <-chan time.Time
	if cfg.Script.Stay > 0 {
		stay = time.After(cfg.Script.Stay)
	}
	select {
	case <-stay:
	case <-ctx.Done():
	case <-c.gone.Done():
	}
	c.ending.Store(true)
	atOnce := errors.Is(context.Cause(ctx), ErrAtOnce)
	settled := !atOnce && c.settle(ctx)
	lasted := time.Since(c.start)
	if atOnce {
		c.checks.skip(checkConnected, checkAnswered)
		c.checks.skip(ofTheServer()...)
	} else {
		c.finalChecks(ctx, settled)
	}

	goHome()
	for _, p := range c.phones {
		p.leave()
	}
	wg.Wait()
	return c.report(lasted, ctx.Err() != nil), nil
}

// MaxLocalPhones is how many phones, at most so many, fit into a process that is also
// their server: each takes two open files there, and a quarter of all is theirs.
func MaxLocalPhones(most int) int {
	if may := openfiles.Limit(); may > 0 {
		most = min(most, max(1, may/8))
	}
	return most
}

// newCrowd finds the event and makes the phones; it connects none.
func newCrowd(ctx context.Context, cfg Config) (*crowd, error) {
	if cfg.Phones < 1 {
		return nil, fmt.Errorf("%d phones: want at least one", cfg.Phones)
	}
	if need, may := cfg.Phones+pageConns+otherFiles, openfiles.Limit(); may > 0 && need > may {
		return nil, fmt.Errorf("%w: %d phones need %d open files, the limit is %d: raise it (ulimit -n) or share the crowd among several machines",
			ErrTooManyPhones, cfg.Phones, need, may)
	}
	c := &crowd{
		cfg:    cfg,
		states: newRecall(32), ticks: newRecall(256),
		latency: newLatencies(), checks: newChecks(),
		refused: map[string]int{}, owners: map[string]int{},
	}
	c.gone, c.vanish = context.WithCancel(context.Background())
	plain := new(http.Protocols)
	plain.SetHTTP1(true)
	proxy := http.ProxyFromEnvironment
	if cfg.Direct {
		proxy = nil
	}
	// Each phone's socket has a connection of its own; pages share some, so that
	// they take no part in how many files are open.
	c.pages = &http.Client{Timeout: askTimeout, Transport: &http.Transport{
		Proxy: proxy, MaxConnsPerHost: pageConns, MaxIdleConnsPerHost: pageConns, IdleConnTimeout: 5 * time.Second,
	}}
	c.dials = &http.Client{Transport: &http.Transport{Proxy: proxy, Protocols: plain}}
	if err := c.find(ctx); err != nil {
		return nil, err
	}
	c.phones = make([]*phone, cfg.Phones)
	for i := range c.phones {
		random := rand.New(rand.NewPCG(cfg.Seed, uint64(i)))
		c.phones[i] = &phone{c: c, no: i, random: random, arrives: time.Duration(random.Float64() * float64(cfg.Script.JoinOver))}
	}
	return c, nil
}

// find follows the join URL to the event, as a phone's browser does.
func (c *crowd) find(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.JoinURL, nil)
	if err != nil || req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return fmt.Errorf("join URL %q: want http(s)://host/CODE", c.cfg.JoinURL)
	}
	res, err := c.pages.Do(req)
	if err != nil {
		return fmt.Errorf("open the join page: %w", err)
	}
	res.Body.Close()
	u := res.Request.URL
	c.base, c.code = u.Scheme+"://"+u.Host, strings.ToUpper(strings.Trim(path.Base(u.Path), "/."))
	if res.StatusCode != http.StatusOK || c.code == "" {
		return fmt.Errorf("no event at %s: the server answers %s", c.cfg.JoinURL, res.Status)
	}
	c.api = (&contract.Client{HTTP: c.pages, Server: c.base}).At(c.code, "")
	e, err := c.ask(ctx)
	if err != nil {
		return fmt.Errorf("no event at %s: %w", c.cfg.JoinURL, err)
	}
	c.before = *e
	return nil
}

// refuse counts what the crowd was refused.
func (c *crowd) refuse(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[fmt.Sprintf(format, args...)]++
}

// allRefused is what was refused so far, by reason. A phone may be refused
// something even as it goes home.
func (c *crowd) allRefused() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.refused)
}

// own notes whose ticket it is; one that is somebody else's fails a check.
func (c *crowd) own(ticket string, p *phone) {
	c.mu.Lock()
	owner, known := c.owners[ticket]
	if !known {
		c.owners[ticket] = p.no
	}
	c.mu.Unlock()
	if known && owner != p.no {
		c.checks.fail(checkTicket, "ticket %s was given to phones %d and %d", ticket, owner, p.no)
	}
}

// sleep waits; false where the phones go home before it is over.
func (c *crowd) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.over.Done():
		return false
	}
}

// watch drops connections that went silent, or lose the network by the script,
// and sends taps again whose answer does not come.
func (c *crowd) watch() {
	random := rand.New(rand.NewPCG(c.cfg.Seed, 1<<63))
	last := time.Now()
	for c.sleep(c.limit.look) {
		now := time.Now()
		slept := now.Sub(last) > c.limit.silence/2 // this process stood still: the silence was its own
		last = now
		for _, p := range c.phones {
			lost := !c.ending.Load() && random.Float64() < c.cfg.Script.Reconnect*c.limit.look.Minutes()
			p.look(now, slept, lost)
		}
		c.spread.judge(int(c.connected.Load()), false)
	}
}

// pace makes taps at a rate, whatever becomes of them. A tap's time is when it is
// due, not when this process came round to it, so that a stalled server cannot
// hide what would have been sent in that time.
func (c *crowd) pace() {
	limiter := rate.NewLimiter(rate.Limit(c.cfg.Rate), 1)
	due := time.Now()
	next := 0
	for {
		due = due.Add(limiter.ReserveN(due, 1).DelayFrom(due))
		if wait := time.Until(due); wait > 0 && !c.sleep(wait) {
			return
		}
		if c.ending.Load() {
			return
		}
		if !c.anythingOpen() {
			if !c.sleep(10 * time.Millisecond) {
				return
			}
			due = time.Now()
			continue
		}
		if behind := int64(time.Since(due)); behind > c.lateness.Load() {
			c.lateness.Store(behind)
		}
		placed := false
		for tries := min(len(c.phones), 256); tries > 0 && !placed; tries-- {
			placed = c.phones[next].tapAny(due)
			next = (next + 1) % len(c.phones)
		}
		if !placed {
			c.unplaced.Add(1)
		}
	}
}

func (c *crowd) anythingOpen() bool {
	return slices.ContainsFunc(c.latest().Activities, func(a contract.Activity) bool { return a.State == contract.Open })
}

// settle waits until every tap is answered and every phone is in, if they ever
// are; it reports whether.
func (c *crowd) settle(ctx context.Context) bool {
	begin := time.Now()
	for limit := c.limit.settle; ; {
		if c.gone.Err() != nil || c.waiting.Load() == 0 && c.connected.Load() == c.started.Load() {
			return true
		}
		if ctx.Err() != nil {
			limit = min(limit, c.limit.hurry)
		}
		if time.Since(begin) > limit || !c.sleep(20*time.Millisecond) {
			return false
		}
	}
}

func (c *crowd) progress() {
	if c.cfg.Progress == nil {
		return
	}
	for c.sleep(c.limit.tell) {
		var refused int64
		for _, n := range c.allRefused() {
			refused += int64(n)
		}
		checks, failures := c.checks.list()
		c.cfg.Progress(Progress{
			Elapsed: time.Since(c.start), ForAll: c.cfg.Script.Stay, Settling: c.ending.Load(),
			Phones: len(c.phones), Connected: int(c.connected.Load()),
			Accepted: c.counted.Load() + c.changed.Load() + c.unchanged.Load(),
			Retried:  c.retried.Load(), Refused: refused,
			CheckIns: c.checkIns.Load(), LatencyP99: c.latency.quantile(0.99), FailedChecks: failures,
			Failed: slices.DeleteFunc(checks, func(check Check) bool { return check.Failed == 0 }),
		})
	}
}
