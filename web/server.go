package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"drumroll/internal/beacon/source"
	"drumroll/internal/contract"
	"drumroll/internal/eventlog"
	"drumroll/internal/metrics"
	"drumroll/internal/replica"
	"drumroll/static"
	"drumroll/web/api"
	"drumroll/web/crowd"
	"drumroll/web/entries"
	"drumroll/web/kinds"
	"drumroll/web/live"
	"drumroll/web/overload"
	"drumroll/web/pages"
	"drumroll/web/problem"
	"drumroll/web/rehearsal"
	"drumroll/web/session"
	"drumroll/web/view"
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
	MaxSimulated int // simulated phones of this node at a time; 0: crowd.MaxSimulated

	KeepAlive  time.Duration // most time that a socket is left without a frame; 0: 12 s
	SlowReader time.Duration // a socket that takes nothing for so long is cut; 0: 10 s

	overload.Config // of the valves
}

// Server serves one node.
type Server struct {
	http.Handler // of every route

	cfg Config

	answers    *problem.Responder
	sessions   *session.Sessions
	crowds     *crowd.Crowds
	live       *live.Sockets
	api        *api.Service
	rehearsals *rehearsal.Service
	pages      *pages.Site

	leaving atomic.Bool // /readyz says so
	pings   pings
}

// New builds a Server from its configuration.
func New(cfg Config) (*Server, error) {
	if cfg.Beacon == nil {
		cfg.Beacon = source.Quicknet()
	}
	s := &Server{cfg: cfg, answers: problem.NewResponder(cfg.Logger, cfg.Metrics)}
	valves := overload.New(cfg.Config)
	s.sessions = session.New(session.Config{
		Replicas: cfg.Replicas, SigningKey: cfg.SigningKey, PublicURL: cfg.PublicURL, LAN: cfg.LAN, TrustedProxies: cfg.TrustedProxies,
		Limits: &valves.Limits,
	})
	node := &kinds.Node{SigningKey: cfg.SigningKey, Beacon: cfg.Beacon, BeaconAlways: cfg.BeaconAlways, Retention: cfg.Retention}
	intake := &entries.Intake{Valves: valves, Pseudonym: node.Pseudonym}
	views := &view.Maker{Files: cfg.Files, Kinds: node}
	s.crowds = crowd.New(crowd.Config{Replicas: cfg.Replicas, Logger: cfg.Logger, URL: cfg.Self, Most: cfg.MaxSimulated})
	s.live = live.New(live.Config{
		Answers: s.answers, Sessions: s.sessions, Valves: valves, Intake: intake, Kinds: node, Views: views, Crowds: s.crowds,
		Presence: cfg.Presence, Node: cfg.Node, KeepAlive: cfg.KeepAlive, SlowReader: cfg.SlowReader,
	})
	s.api = &api.Service{
		Answers: s.answers, Sessions: s.sessions, Valves: valves, Intake: intake, Kinds: node, Live: s.live,
		CreateKey: cfg.CreateKey,
	}
	s.rehearsals = &rehearsal.Service{API: s.api, Crowds: s.crowds, Health: cfg.Health}
	s.pages = pages.New(s.api, views, s.rehearsals)
	var err error
	if s.Handler, err = s.routes(); err != nil {
		return nil, fmt.Errorf("build routes: %w", err)
	}
	return s, nil
}

// Leave makes the node not ready, so that load balancers send people elsewhere.
// Who comes all the same is served until Drain; simulated phones go at once.
func (s *Server) Leave() {
	s.leaving.Store(true)
	s.crowds.Leave()
}

// Drain sends all sockets away and takes no new ones. It returns when they are gone
// or ctx ends, and says how many there were.
func (s *Server) Drain(ctx context.Context) int {
	s.Leave()
	s.crowds.Wait(ctx)
	return s.live.Drain(ctx)
}

// SelfTest measures what this node can bear, before somebody asks for the event
// ("": none in particular). It is loaded, if it can be.
func (s *Server) SelfTest(ctx context.Context, code string) (contract.SelfTest, error) {
	return s.rehearsals.SelfTest(ctx, code)
}
