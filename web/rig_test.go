package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/beacon/source"
	"drumroll/internal/contract/contracttest"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/metrics"
	"drumroll/internal/redistest"
	"drumroll/internal/replica"
	"drumroll/static"
	"drumroll/web"
	"drumroll/web/kinds"
)

// patience bounds every wait of these tests; none waits so long unless it fails.
const patience = 20 * time.Second

// store is where a node keeps its logs.
type store struct {
	open func(testing.TB) eventlog.Store
	// traces lists what is stored that tells of a text.
	traces func(t testing.TB, text string) []string
}

func fileStore(t testing.TB) store {
	dir := t.TempDir()
	return store{
		open: func(t testing.TB) eventlog.Store {
			log, err := filelog.Open(dir, filelog.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return log
		},
		traces: func(t testing.TB, text string) (found []string) {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					return nil
				}
				var data []byte
				if err == nil {
					data, err = os.ReadFile(path)
				}
				if errors.Is(err, fs.ErrNotExist) {
					return nil // another test's event, which was deleted
				}
				if strings.Contains(filepath.Base(path), text) || bytes.Contains(data, []byte(text)) {
					found = append(found, path)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return found
		},
	}
}

func redisStore(t testing.TB) store {
	server := redistest.Start(t, "appendfsync", "everysec")
	return store{
		open: func(t testing.TB) eventlog.Store {
			log, err := redislog.Open(t.Context(), server.URL(), redislog.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return log
		},
		traces: func(t testing.TB, text string) (found []string) {
			client := redis.NewClient(&redis.Options{Addr: server.Addr()})
			defer client.Close()
			keys, err := client.Keys(t.Context(), "*").Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range keys {
				dump, err := client.Dump(t.Context(), key).Result()
				if err != nil && err != redis.Nil {
					t.Fatal(err)
				}
				if strings.Contains(key, text) || strings.Contains(dump, text) {
					found = append(found, key)
				}
			}
			return found
		},
	}
}

// node is one running server.
type node struct {
	URL    string // without a trailing slash
	web    *web.Server
	store  store
	stderr *output // what it logged
	stop   func()
}

// output collects what is logged from several goroutines.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// setup changes how a node is made.
type setup struct {
	config     func(*web.Config)
	wrap       func(eventlog.Store) eventlog.Store
	beacon     *source.Source // of every raffle
	maxPending int
}

// start runs a node on a store until the test ends, or stop.
func start(t testing.TB, st store, with setup) *node {
	t.Helper()
	log := st.open(t)
	key, err := log.SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if with.wrap != nil {
		log = with.wrap(log)
	}
	if with.maxPending == 0 {
		with.maxPending = 10_000
	}
	n := &node{store: st, stderr: new(output)}
	counters := metrics.New("test")
	logger := slog.New(slog.NewTextHandler(n.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	uid := time.Now().UnixNano() // a producer of its own for each node of a store
	replicas := replica.NewSet(replica.Config{
		Log: log, Logger: logger, Metrics: counters, Producer: event.Producer(uid),
		MaxPending: with.maxPending, MaxBatch: 1024, GiveUp: 4 * time.Second, Idle: time.Minute,
		Complete: kinds.Completer(key, with.beacon),
	})
	cfg := web.Config{
		Presence: log, Health: log, Replicas: replicas, SigningKey: key, Node: "node", Files: static.New(), Logger: logger, Metrics: counters,
		Beacon: with.beacon, BeaconAlways: with.beacon != nil,
	}
	// The listener is there before the server, which is told how it reaches itself.
	server := httptest.NewUnstartedServer(nil)
	cfg.Self = "http://" + server.Listener.Addr().String()
	if with.config != nil {
		with.config(&cfg)
	}
	if n.web, err = web.New(cfg); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = n.web
	server.Start()
	n.URL = server.URL
	n.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n.web.Leave()
		n.web.Drain(ctx)
		server.Close()
		replicas.Close()
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(n.stop)
	return n
}

// embedded is a node on an embedded log of its own.
func embedded(t testing.TB, with setup) *node {
	t.Helper()
	return start(t, fileStore(t), with)
}

// caller makes HTTP calls with one credential.
type caller struct {
	t      testing.TB
	base   string
	bearer string
	header http.Header
	host   string // Host header, where not the URL's
	client *http.Client
}

func (n *node) caller(t testing.TB, bearer string) *caller {
	return &caller{t: t, base: n.URL, bearer: bearer, header: http.Header{}, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as is the same caller with another bearer token.
func (c *caller) as(bearer string) *caller {
	other := *c
	other.bearer = bearer
	return &other
}

// with is the same caller with one more header.
func (c *caller) with(name, value string) *caller {
	other := *c
	other.header = c.header.Clone()
	other.header.Set(name, value)
	return &other
}

type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   []byte
}

// send makes a call with a body of the given type; "" sends none.
func (c *caller) send(method, path, kind, body string) answer {
	c.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = c.header.Clone()
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	if c.host != "" {
		req.Host = c.host
	}
	res, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer{c.t, method + " " + path, res.StatusCode, res.Header, data}
}

// described is openapi.json, which every answer of the API is held against.
var described = sync.OnceValues(contracttest.New)

// api makes an API call; a body that is no string is sent as JSON.
func (c *caller) api(method, path string, body any) answer {
	c.t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		text = string(data)
	}
	a := c.send(method, "/api/v1"+path, "application/json", text)
	d, err := described()
	if err != nil {
		c.t.Fatal(err)
	}
	d.Answer(c.t, method, path, a.status, a.header.Get("Content-Type"), a.body)
	return a
}

func (c *caller) get(path string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, path, "", "")
}

// want fails the test unless the status is the given one.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.status, status, a.body)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.body)
	}
}

// problem is an error of the API (RFC 9457).
type problem struct {
	Type, Title, Detail, Code string
	Status                    int
	Activity                  *activity
}

// problem checks that the answer is a problem of the given status with all that
// RFC 9457 and the contract ask for.
func (a answer) problem(status int, code string) problem {
	a.t.Helper()
	a.want(status)
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		a.t.Errorf("%s: content type %q of a problem", a.what, kind)
	}
	var p problem
	a.into(&p)
	if p.Status != status || p.Type == "" || p.Title == "" || p.Detail == "" {
		a.t.Errorf("%s: problem lacks members: %s", a.what, a.body)
	}
	if p.Code != code {
		a.t.Errorf("%s: problem %q, want %q", a.what, p.Code, code)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if a.header.Get("Retry-After") == "" {
			a.t.Errorf("%s: %d without Retry-After", a.what, status)
		}
	}
	return p
}

// The JSON of the outside contract.
type eventJSON struct {
	Code, Title, Offset string
	People              struct{ Connected, Joined int }
	Current             *int
	Activities          []activity
}

type activity struct {
	ID            int
	Kind, Title   string
	Options       []string
	MaxChoices    int `json:"max_choices"`
	Results       string
	State         string
	Run, Entries  int
	Counts        []int
	ClosesInMS    *int64 `json:"closes_in_ms"`
	WinnersWanted int    `json:"winners_wanted"`
	Winners       []winner
	Voided        []voided
	Shortfall     int
}

type winner struct {
	Handle, Ticket string
	Draw           int
}

type voided struct {
	winner
	Reason string
}

type entryJSON struct {
	Status, Offset, Ticket string
	Run                    int
}

// show is one event with its host's and a stranger's callers.
type show struct {
	*node
	Code    string
	HostKey string `json:"host_key"`

	Title     string
	JoinURL   string `json:"join_url"`
	ScreenURL string `json:"screen_url"`
	HostURL   string `json:"host_url"`

	host, stranger *caller
}

func (n *node) create(t testing.TB, title string) *show {
	t.Helper()
	s := &show{node: n, stranger: n.caller(t, "")}
	s.stranger.api("POST", "/events", map[string]any{"title": title}).want(http.StatusCreated).into(s)
	s.host = n.caller(t, s.HostKey)
	return s
}

// path is a path of the event's API.
func (s *show) path(rest string) string { return "/events/" + s.Code + rest }

func (s *show) add(spec any) activity {
	s.host.t.Helper()
	var a activity
	s.host.api("POST", s.path("/activities"), spec).want(http.StatusCreated).into(&a)
	return a
}

func (s *show) poll(title string, results string, options ...string) activity {
	s.host.t.Helper()
	return s.add(map[string]any{"kind": "poll", "title": title, "options": options, "results": results})
}

func (s *show) raffle(winners int) activity {
	s.host.t.Helper()
	return s.add(map[string]any{"kind": "raffle", "title": "Prizes", "winners": winners})
}

// verb presses a button of the host's.
func (s *show) verb(id int, verb string, body any) answer {
	s.host.t.Helper()
	return s.host.api("POST", s.path("/activities/"+itoa(id)+"/"+verb), body)
}

// must presses a button that works.
func (s *show) must(id int, verb string, body any) (a activity) {
	s.host.t.Helper()
	s.verb(id, verb, body).want(http.StatusOK).into(&a)
	return a
}

// seen is the event as a caller sees it.
func (s *show) seen(c *caller) (e eventJSON) {
	c.t.Helper()
	c.api("GET", s.path(""), nil).want(http.StatusOK).into(&e)
	return e
}

// phone is a participant.
type phone struct {
	*caller
	s             *show
	Token, Handle string
}

func (s *show) join(t testing.TB) *phone {
	t.Helper()
	p := &phone{s: s}
	s.node.caller(t, "").api("POST", s.path("/participants"), nil).want(http.StatusCreated).into(p)
	p.caller = s.node.caller(t, p.Token)
	return p
}

// enter sends an entry; choice nil sends none.
func (p *phone) enter(id int, choice []int) answer {
	p.t.Helper()
	body := map[string]any{"activity": id}
	if choice != nil {
		body["choice"] = choice
	}
	return p.api("POST", p.s.path("/entries"), body)
}

func (p *phone) counted(id int, choice []int) (e entryJSON) {
	p.t.Helper()
	p.enter(id, choice).want(http.StatusOK).into(&e)
	return e
}
