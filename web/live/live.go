// Package live carries events to phones, screens and consoles: a room for each event
// makes its frames, and sockets take them and bring entries.
//
// A room makes the frames of an audience once; what is personal is spliced in. Its
// goroutines, and those of sockets, end with Drain.
package live

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/hub"
	"drumroll/internal/replica"
	"drumroll/internal/socket"
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
	Answers  *problem.Responder
	Sessions *session.Sessions
	Valves   *overload.Valves
	Intake   *entries.Intake
	Kinds    *kinds.Node
	Views    *view.Maker
	Crowds   *crowd.Crowds

	Presence   eventlog.Presence
	Node       string        // names this process among the nodes
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

const (
	// leaveRate is how many sockets a second are sent away: few enough for one other
	// node to take them all and still do its own work.
	leaveRate = 500
	// leaveWithin is when the last one is sent away, however many there are.
	leaveWithin = 15 * time.Second
)

// Drain takes no new sockets and sends all there are away (close code 1012),
// spread evenly, so that they do not all knock at the other nodes at once. It
// returns when they are gone or ctx ends, and says how many there were.
func (s *Sockets) Drain(ctx context.Context) int {
	s.draining.Store(true)
	n := s.sockets.Load()
	over := min(leaveWithin, time.Duration(n)*time.Second/leaveRate)
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.rooms))
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() {
			r.topic.Close(ctx, over, func(c hub.Conn) { c.Close(socket.CloseLeaving, "this node is leaving") })
		})
	}
	wg.Wait()
	// A process that ended now would cut those who still answer the close frame, and
	// what they have yet to read of theirs.
	for s.sockets.Load() > 0 && ctx.Err() == nil {
		select {
		case <-s.emptied:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	s.end() // under the lock, so that no room begins its work any more
	s.mu.Unlock()
	s.background.Wait()
	return int(n)
}

// socketEnded is one socket less.
func (s *Sockets) socketEnded() {
	if s.sockets.Add(-1) == 0 {
		select {
		case s.emptied <- struct{}{}:
		default:
		}
	}
}

// Crowd is what a rehearsal's crowd does, as far as this node can tell.
func (s *Sockets) Crowd(rep *replica.Replica, snap *event.Snapshot) contract.Rehearsal {
	c := s.Crowds.State(snap)
	if c.State == crowd.None && s.room(rep).elsewhere.Load() > 0 {
		c.State = crowd.Elsewhere
	}
	return c
}

// CrowdModel is what the console says of it; nil of an event that is for real.
func (s *Sockets) CrowdModel(rep *replica.Replica, snap *event.Snapshot) *contract.Rehearsal {
	if !snap.Rehearsal {
		return nil
	}
	c := s.Crowd(rep, snap)
	c.Error = problem.Sentence(c.Error)
	return &c
}
