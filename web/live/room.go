package live

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/hub"
	"drumroll/internal/replica"
	"drumroll/internal/socket"
	"drumroll/web/session"
	"drumroll/web/view"
)

const (
	tickEvery  = 100 * time.Millisecond
	crowdEvery = time.Second      // the phones' ticks get no rarer than this
	keepAlive  = 12 * time.Second // the contract says at least every 15 s
	freshness  = 250 * time.Millisecond
	// countEvery is how often nodes tell each other of their phones. A phone is told
	// of at the next turn of its own node and read at the next of the other, and is to show
	// everywhere within two seconds.
	countEvery   = 750 * time.Millisecond
	maxAudiences = 16
)

// room joins one event's replica to its topic: it makes the frames.
type room struct {
	s     *Sockets
	rep   *replica.Replica
	topic *hub.Topic

	phones    atomic.Int64  // connected here
	elsewhere atomic.Int64  // connected to other nodes
	announced int           // draws whose winners' phones were told; the topic's goroutine
	due       int           // draws that are in the frames just published; the topic's goroutine
	stopped   chan struct{} // one slot: the event was deleted or has a fault

	mu    sync.Mutex
	hosts map[*socket.Conn]event.Key // host sockets, and the hash of the key that let each in
	base  string                     // where the last host reached this node
}

// room returns the room of a replica, opened where it was not. It ends with the
// replica.
func (s *Sockets) room(rep *replica.Replica) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[rep]; r != nil {
		return r
	}
	r := &room{s: s, rep: rep, stopped: make(chan struct{}, 1), hosts: map[*socket.Conn]event.Key{}}
	rep.View(func(st *event.State) { r.announced = st.DrawCount() })
	r.topic = hub.NewTopic(hub.Config{
		Encode: r.encode, Publishing: r.countDraws, Published: r.tellWinners,
		Sent:      func(view string) { s.Answers.Metrics.Frames(view, 1) },
		TickEvery: tickEvery, Crowd: view.Phone, CrowdEvery: crowdEvery, Budget: s.Valves.Broadcast, KeepAlive: cmp.Or(s.KeepAlive, keepAlive), MaxAge: freshness,
	})
	s.rooms[rep] = r
	if snap, _ := rep.Snapshot(); snap.Rehearsal {
		s.Crowds.Expire(snap)
	}
	if s.over.Err() != nil {
		return r // nobody is let in any more
	}
	rep.Watch(r.changed)
	s.background.Go(r.run)
	return r
}

// run is the room's work until its replica has stopped, or the node leaves.
func (r *room) run() {
	ctx, cancel := context.WithCancel(r.s.over)
	var work sync.WaitGroup
	work.Go(func() { r.topic.Run(ctx) })
	work.Go(func() { r.countElsewhere(ctx) })
	select {
	case <-r.stopped:
		r.end()
	case <-r.rep.Done():
		r.end()
	case <-ctx.Done():
	}
	select {
	case <-r.rep.Done(): // sockets that come before that are sent away as well
	case <-ctx.Done():
	}
	cancel()
	work.Wait()
	r.s.mu.Lock()
	delete(r.s.rooms, r.rep)
	r.s.mu.Unlock()
}

// changed is told by the fold's goroutine.
func (r *room) changed(c replica.Change) {
	if len(c.Who) > 0 {
		hub.Touched(r.topic, c.Who)
	}
	if c.Structure && r.rep.Err() != nil {
		select {
		case r.stopped <- struct{}{}:
		default:
		}
		return
	}
	if c.Structure {
		r.dropRevoked()
	}
	r.topic.Notify(c.Structure)
}

// host notes a host's socket; gone forgets it.
func (r *room) host(c *socket.Conn, key event.Key, base string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts[c] = key
	r.base = base
}

func (r *room) gone(c *socket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.hosts, c)
}

// dropRevoked ends the host sockets whose key is no longer one, before anything
// newer is published to them. They dial again, and are refused.
func (r *room) dropRevoked() {
	keys := session.HostKeys(r.rep)
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, key := range r.hosts {
		if !slices.Contains(keys, key) {
			c.Close(socket.CloseLeaving, "this key was revoked")
			delete(r.hosts, c)
		}
	}
}

// audience is who is sent the same frames as a new socket. Pages of screens and
// hosts show where to join, which depends on how they were reached; strangers
// could invent addresses without end, so beyond a few only the host's counts.
func (r *room) audience(name, base string) hub.Audience {
	if name == view.Phone {
		return hub.Audience{View: name}
	}
	a := hub.Audience{View: name, Base: base}
	r.mu.Lock()
	hosts := r.base
	r.mu.Unlock()
	switch {
	case base == hosts || r.topic.Has(a) || r.topic.Audiences() < maxAudiences:
	case hosts != "":
		a.Base = hosts
	default:
		a.Base = r.s.Sessions.OwnBase()
	}
	return a
}

// end sends everybody away, for the replica has stopped.
func (r *room) end() {
	code, reason := socket.CloseLeaving, "dial again"
	switch err := r.rep.Err(); {
	case errors.Is(err, replica.ErrDeleted):
		code, reason = socket.CloseDeleted, "the event was deleted"
	case err != nil:
		code, reason = socket.CloseBusy, "10000"
	}
	r.topic.Close(r.s.over, 0, func(c hub.Conn) { c.Close(code, reason) })
}

// connected is the number of phones, over all nodes.
func (r *room) connected() int { return int(r.phones.Load() + r.elsewhere.Load()) }

// phone counts a phone that came (+1) or went (-1).
func (r *room) phone(delta int64) {
	r.phones.Add(delta)
	r.topic.Notify(false)
}

// countElsewhere keeps the number of phones at other nodes, and tells them of
// ours.
func (r *room) countElsewhere(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	for {
		here := int(r.phones.Load())
		call, cancel := context.WithTimeout(ctx, 2*countEvery)
		total, err := r.s.Presence.Announce(call, r.rep.Code(), r.s.Node, here)
		cancel()
		// While the store is away the last figure stands; its absence is said elsewhere.
		if err == nil && r.elsewhere.Swap(int64(total-here)) != int64(total-here) {
			r.topic.Notify(false)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *room) countDraws() {
	r.rep.View(func(st *event.State) { r.due = st.DrawCount() })
}

// tellWinners sends the won frames of draws that were just published: never
// before the state in which everybody sees the draw.
func (r *room) tellWinners() {
	for {
		var winners []event.WinnerTicket
		var n int
		r.rep.View(func(st *event.State) {
			// The log may have lost draws, and others may have taken their numbers.
			r.announced = min(r.announced, st.DrawCount())
			if r.announced < min(r.due, st.DrawCount()) {
				n = r.announced + 1
				winners = st.WinnerParticipants(n)
			}
		})
		if n == 0 {
			return
		}
		r.announced = n
		for _, w := range winners {
			frame := socket.AppendText(nil, []byte(`{"t":"won","draw":`+strconv.Itoa(n)+`,"ticket":"`+w.Ticket.String()+`"}`))
			for _, sub := range r.topic.ByKey(uint64(w.Participant)) {
				sub.Conn.Send(frame)
			}
		}
	}
}
