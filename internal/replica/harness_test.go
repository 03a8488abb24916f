package replica_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/fairdraw"
	"drumroll/internal/metrics"
	"drumroll/internal/redistest"
	"drumroll/internal/replica"
)

const code = "K7QX2M"

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

func embedded(t *testing.T) eventlog.Store {
	t.Helper()
	l, err := filelog.Open(t.TempDir(), filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func dial(t *testing.T, s *redistest.Server) eventlog.Store {
	t.Helper()
	l, err := redislog.Open(t.Context(), s.URL(), redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// onEachLog runs a test for two nodes on both Logs. On Redis each node has a client of its
// own; on the embedded log they share the one Log that may be open.
func onEachLog(t *testing.T, test func(t *testing.T, a, b eventlog.Store)) {
	t.Parallel() // the end of a read that blocks takes Redis up to a second
	t.Run("embedded", func(t *testing.T) {
		l := embedded(t)
		test(t, l, l)
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		test(t, dial(t, s), dial(t, s))
	})
}

// until waits until ok returns true; it asks again after each signal.
func until(t *testing.T, what string, changed <-chan struct{}, ok func() bool) {
	t.Helper()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("this did not happen: %s", what)
		}
	}
}

// node is one Set.
type node struct {
	*replica.Set
	t       *testing.T
	metrics *metrics.Node
}

func newNode(t *testing.T, log eventlog.Store, change ...func(*replica.Config)) *node {
	t.Helper()
	m := metrics.New("test")
	cfg := replica.Config{
		Log: log, Logger: slog.New(slog.DiscardHandler), Metrics: m,
		Producer:   event.Producer(time.Now().UnixNano()),
		MaxPending: 10_000, MaxBatch: 1_000, GiveUp: 5 * time.Second, Idle: time.Hour,
	}
	for _, f := range change {
		f(&cfg)
	}
	n := &node{replica.NewSet(cfg), t, m}
	t.Cleanup(n.Close)
	return n
}

// counted returns the value of one metric.
func (n *node) counted(series string) string {
	n.t.Helper()
	answer := httptest.NewRecorder()
	n.metrics.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	n.t.Fatalf("no metric %s", series)
	return ""
}

var testUID = event.UID{0xd0, 1}

func creation() event.Creation {
	return event.Creation{Code: code, Title: "Autumn meetup", HostKey: event.Key{1}, Names: true, Ms: 1}
}

func (n *node) create() {
	n.t.Helper()
	if err := n.Create(n.t.Context(), testUID, creation()); err != nil {
		n.t.Fatal(err)
	}
}

// loaded is a loaded event with a watch on it.
type loaded struct {
	*replica.Replica
	t       *testing.T
	changed chan struct{} // one slot
}

func (n *node) open(code string) *loaded {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	r, err := n.Open(ctx, code)
	if err != nil {
		n.t.Fatalf("open %s: %v", code, err)
	}
	e := &loaded{r, n.t, make(chan struct{}, 1)}
	r.Watch(func(replica.Change) {
		select {
		case e.changed <- struct{}{}:
		default:
		}
	})
	return e
}

func (e *loaded) do(c event.Command) replica.Settled {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	s, err := e.Propose(ctx, &c)
	if err != nil {
		e.t.Fatalf("%s: %v", c.Type, err)
	}
	return s
}

// openPoll adds a poll and opens it.
func (e *loaded) openPoll(seconds int, options ...string) int {
	e.t.Helper()
	id := e.do(event.Command{Type: event.CmdAdd, Spec: poll(options...)}).ID
	e.do(event.Command{Type: event.CmdOpen, Activity: id, Seconds: seconds})
	return id
}

func poll(options ...string) *event.Spec {
	return &event.Spec{Kind: event.Poll, Title: "Tabs or spaces?", Results: event.Live, Poll: &event.PollSpec{Options: options, MaxChoices: 1}}
}

func (e *loaded) activity(id int) event.Activity {
	e.t.Helper()
	snap, _ := e.Snapshot()
	for _, a := range snap.Activities {
		if a.ID == id {
			return a
		}
	}
	e.t.Fatalf("no activity %d in %+v", id, snap)
	return event.Activity{}
}

func (e *loaded) sync() {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	if err := e.Sync(ctx); err != nil {
		e.t.Fatalf("sync: %v", err)
	}
}

// ended waits until the replica has ended.
func (e *loaded) ended() {
	e.t.Helper()
	select {
	case <-e.Done():
	case <-time.After(patience):
		e.t.Fatal("the event was not evicted")
	}
}

func (e *loaded) until(what string, ok func() bool) {
	e.t.Helper()
	until(e.t, what, e.changed, ok)
}

// receipt is a Waiter that keeps everything that it is told.
type receipt struct {
	got chan replica.Settled
}

func (r *receipt) Settle(s replica.Settled) { r.got <- s }

func (e *loaded) submit(it event.Item) *receipt {
	e.t.Helper()
	r := &receipt{make(chan replica.Settled, 2)}
	if err := e.Submit(it, r); err != nil {
		e.t.Fatalf("submit: %v", err)
	}
	return r
}

// wait returns what the receipt was told, and fails if it was told twice.
func (r *receipt) wait(t *testing.T) replica.Settled {
	t.Helper()
	select {
	case s := <-r.got:
		if len(r.got) > 0 {
			t.Errorf("settled twice: %+v, then %+v", s, <-r.got)
		}
		return s
	case <-time.After(patience):
		t.Fatal("never settled")
		return replica.Settled{}
	}
}

func (r *receipt) want(t *testing.T, status event.Status) {
	t.Helper()
	if s := r.wait(t); s.Err != nil || s.Outcome.Status != status {
		t.Errorf("settled %+v, want status %d", s, status)
	}
}

func vote(p event.Participant, activity int, n uint32, option int) event.Item {
	it := event.VoteItem(1 << option)
	it.Participant, it.Activity, it.Run, it.N = p, activity, 1, n
	return it
}

func entry(p event.Participant, activity int, nonce byte) event.Item {
	it := event.TicketItem([16]byte{}, [16]byte{nonce}, false)
	it.Participant, it.Activity, it.Run = p, activity, 1
	return it
}

func chain(activity, run int) *fairdraw.Chain {
	return fairdraw.NewChain([]byte("a signing key of 32 bytes, more or less"), testUID, uint64(activity), uint64(run))
}

// openRaffle adds a raffle and opens it.
func (e *loaded) openRaffle() int {
	e.t.Helper()
	id := e.do(event.Command{Type: event.CmdAdd, Spec: &event.Spec{Kind: event.Raffle, Title: "A keyboard", Raffle: &event.RaffleSpec{Winners: 1}}}).ID
	end := chain(id, 1).Element(0)
	e.do(event.Command{Type: event.CmdOpen, Activity: id, Run: 1, Commitment: &end})
	return id
}

// picture is everything that an event shows to the host and to participants 1 to 99, as
// text; without the structure number, which computed lists raise too.
func (e *loaded) picture() string {
	e.t.Helper()
	snap, _ := e.Snapshot()
	snap.Structure = 0
	var yous []event.You
	e.View(func(s *event.State) {
		for p := event.Participant(1); p < 100; p++ {
			yous = append(yous, s.You(p))
		}
	})
	b, err := json.MarshalIndent(map[string]any{"snapshot": snap, "yous": yous}, "", " ")
	if err != nil {
		e.t.Fatal(err)
	}
	return string(b)
}

// tap is a real Log whose calls a test can hold, break and lead to another log.
type tap struct {
	mu sync.Mutex
	eventlog.Store
	breaks  chan error                                                        // each ends one waiting Read with an error
	appends func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) // around each Append; may be nil
	reads   chan struct{}                                                     // where not nil, waiting Reads begin when it is closed
	held    chan struct{}                                                     // a Read that waits for reads offers this
	at      error                                                             // where set, what At returns
}

func newTap(l eventlog.Store) *tap {
	return &tap{Store: l, breaks: make(chan error), held: make(chan struct{})}
}

func (l *tap) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *tap) now() eventlog.Store {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Store
}

func (l *tap) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	l.mu.Lock()
	around := l.appends
	l.mu.Unlock()
	do := func() (eventlog.Offset, error) { return l.now().Append(ctx, code, records) }
	if around == nil {
		return do()
	}
	return around(do)
}

func (l *tap) Read(ctx context.Context, code string, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	if wait == 0 {
		return l.now().Read(ctx, code, after, max, wait)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.mu.Lock()
	hold := l.reads
	l.mu.Unlock()
	if hold != nil {
		for waiting := true; waiting; {
			select {
			case <-hold:
				waiting = false
			case l.held <- struct{}{}:
			case err := <-l.breaks:
				return nil, err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	type result struct {
		records []eventlog.Record
		err     error
	}
	done := make(chan result, 1)
	go func() {
		records, err := l.now().Read(ctx, code, after, max, wait)
		done <- result{records, err}
	}()
	select {
	case r := <-done:
		return r.records, r.err
	case err := <-l.breaks:
		cancel()
		<-done
		return nil, err
	}
}

func (l *tap) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	return l.now().Head(ctx, code)
}

func (l *tap) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	l.mu.Lock()
	err := l.at
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return l.now().At(ctx, code, at)
}

func (l *tap) Now(ctx context.Context) (time.Time, error) { return l.now().Now(ctx) }

// stall stops the tail of the one event that reads here, after it has made sure
// of its cursor. Close of the result lets it go on.
func (l *tap) stall() chan struct{} {
	reads := make(chan struct{})
	l.set(func() { l.reads = reads })
	l.breaks <- errBroken
	<-l.held
	return reads
}
