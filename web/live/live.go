package live

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/metrics"
	"drumroll/internal/replica"
	"drumroll/web/crowd"
	"drumroll/web/entries"
	"drumroll/web/kinds"
	"drumroll/web/overload"
	"drumroll/web/problem"
	"drumroll/web/session"
	"drumroll/web/view"
)

// Config of Sockets.
type Config struct {
	Logger   *slog.Logger
	Metrics  *metrics.Node
	Problems *problem.Responder
	Sessions *session.Sessions
	Valves   *overload.Valves
	Intake   *entries.Intake
	Kinds    *kinds.Node
	Views    *view.Maker
	Crowds   *crowd.Crowds

	Presence   eventlog.Presence
	Node       string        // names this process among the nodes
	PublicURL  *url.URL      // an origin that may open sockets besides the request's own; or nil
	KeepAlive  time.Duration // most time that a socket is left without a frame; 0: 12 s
	SlowReader time.Duration // a socket that takes nothing for so long is cut; 0: 10 s
}

// Sockets are a node's open sockets, and the rooms that they are in.
type Sockets struct {
	Config

	draining atomic.Bool   // no new sockets
	sockets  atomic.Int64  // open ones
	emptied  chan struct{} // holds one where sockets fell to 0

	over       context.Context // of rooms; they end with it
	end        context.CancelFunc
	background sync.WaitGroup // rooms at work

	mu    sync.Mutex
	rooms map[*replica.Replica]*room
}

// New returns Sockets, which Drain ends.
func New(cfg Config) *Sockets {
	s := &Sockets{Config: cfg, emptied: make(chan struct{}, 1), rooms: map[*replica.Replica]*room{}}
	s.over, s.end = context.WithCancel(context.Background())
	return s
}

// Connected is the number of an event's phones, over all nodes.
func (s *Sockets) Connected(rep *replica.Replica) int { return s.room(rep).connected() }

// Notify has an event's views made again, for something that is not in its log.
func (s *Sockets) Notify(rep *replica.Replica) { s.room(rep).topic.Notify(true) }
