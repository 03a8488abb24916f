package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/beacon/source"
	"drumroll/internal/eventlog"
	"drumroll/internal/hub"
	"drumroll/internal/metrics"
	"drumroll/internal/replica"
	"drumroll/static"
)

// showMS is how long phones and screens hold a winner's name back, in
// milliseconds, while the drum rolls.
const showMS = 5000

// broadcastShare leaves most of a node to entries, which wait for nobody.
const broadcastShare = 0.3

const screensASecond = 100

// What a node takes where its Config does not say.
const (
	MaxSockets   = 200_000
	MaxSimulated = 2000
)

// Config says what a Server needs to know.
type Config struct {
	Presence   eventlog.Presence
	Health     eventlog.Health
	Replicas   *replica.Set
	SigningKey []byte // 32 bytes
	Node       string // names this process among the nodes
	Files      *static.Files
	Logger     *slog.Logger
	Metrics    *metrics.Node

	Beacon       *source.Source // of raffles with public randomness; nil: drand's quicknet
	BeaconAlways bool           // every raffle has it
	Retention    time.Duration  // of an event after its last activity, which the Log sees to; 0: for ever

	PublicURL      *url.URL       // nil: from the request
	LAN            netip.AddrPort // where phones of the local network reach this node; zero: nowhere
	CreateKey      string         // "": anyone who reaches the server may create events
	TrustedProxies []netip.Prefix

	// Self is how this node reaches its own listener, for the simulated phones of
	// rehearsals: "http://127.0.0.1:8080". "": no rehearsals.
	Self         string
	MaxSimulated int // simulated phones of this node at a time; 0: 2,000 (the constant of that name)

	KeepAlive  time.Duration // most time that a socket is left without a frame; 0: 12 s
	MaxSockets int           // of this node, screens and hosts included; 0: 200,000 (the constant of that name)
	SlowReader time.Duration // a socket that takes nothing for so long is cut; 0: 10 s
	Cores      int           // that this process may use; 0: GOMAXPROCS
	// BroadcastShare is how much of the node's processors telling phones of moving
	// counts may take; 0: 0.3.
	BroadcastShare float64
	Arrivals       float64 // phones let in a second, those that come again included; 0: as many as the node bears
	EntryRate      int     // entries a second from one participant over HTTP, and from one socket; 0: 1,000
}

// Server serves one node.
type Server struct {
	cfg       Config
	macs      sync.Pool // of *tokenMAC
	createKey [32]byte  // SHA-256, so that comparing takes the same time for all lengths
	limits    limits
	qrs       qrCache
	crowds    *crowds
	handler   http.Handler
	broadcast *hub.Budget // of the phones' ticks
	arrivals  *gate       // of phones
	screens   *gate       // a lane of their own: no crowd keeps a projector out
	busyPage  func() []byte

	leaving  atomic.Bool   // /readyz says so
	draining atomic.Bool   // no new sockets
	sockets  atomic.Int64  // open ones
	emptied  chan struct{} // holds one where sockets fell to 0
	pings    pings
	failure  sampler
	testing  sync.Mutex // held while a self-test runs

	over       context.Context // of rooms; they end with it
	end        context.CancelFunc
	background sync.WaitGroup // rooms at work

	mu    sync.Mutex
	rooms map[*replica.Replica]*room
}

// New builds a Server from its configuration.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, createKey: sha256.Sum256([]byte(cfg.CreateKey)), rooms: map[*replica.Replica]*room{}, crowds: newCrowds(cfg.Self, cfg.MaxSimulated), emptied: make(chan struct{}, 1)}
	s.over, s.end = context.WithCancel(context.Background())
	s.cfg.Cores = cmp.Or(s.cfg.Cores, runtime.GOMAXPROCS(0))
	s.busyPage = sync.OnceValue(s.renderBusy)
	s.arrivals, s.screens = newGate(cfg.Arrivals, s.cfg.Cores), newGate(screensASecond, s.cfg.Cores)
	s.broadcast = hub.NewBudget(cmp.Or(cfg.BroadcastShare, broadcastShare) * float64(s.cfg.Cores))
	if s.cfg.Beacon == nil {
		s.cfg.Beacon = source.Quicknet()
	}
	h, err := s.routes()
	if err != nil {
		return nil, fmt.Errorf("build routes: %w", err)
	}
	s.handler = h
	return s, nil
}

// ServeHTTP serves every route.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }
