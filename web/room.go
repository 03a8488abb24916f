package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/hub"
	"drumroll/internal/replica"
	"drumroll/internal/socket"
	"drumroll/web/ui"
)

// The views that a socket can have.
const (
	viewPhone  = "phone"
	viewScreen = "screen"
	viewHost   = "host"
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
	s     *Server
	rep   *replica.Replica
	topic *hub.Topic

	phones    atomic.Int64  // connected here
	elsewhere atomic.Int64  // connected to other nodes
	announced int           // draws whose winners' phones were told; the topic's goroutine
	due       int           // draws that are in the frames just published; likewise
	stopped   chan struct{} // one slot: the event was deleted or has a fault

	mu    sync.Mutex
	hosts map[*socket.Conn]event.Key // host sockets, and the hash of the key that let each in
	base  string                     // where the last host reached this node
}

// room returns the room of a replica, opened where it was not. It ends with the
// replica.
func (s *Server) room(rep *replica.Replica) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[rep]; r != nil {
		return r
	}
	r := &room{s: s, rep: rep, stopped: make(chan struct{}, 1), hosts: map[*socket.Conn]event.Key{}}
	rep.View(func(st *event.State) { r.announced = st.DrawCount() })
	r.topic = hub.NewTopic(hub.Config{
		Encode: r.encode, Publishing: r.countDraws, Published: r.tellWinners,
		Sent:      func(view string) { s.cfg.Metrics.Frames(view, 1) },
		TickEvery: tickEvery, Crowd: viewPhone, CrowdEvery: crowdEvery, Budget: s.broadcast, KeepAlive: cmp.Or(s.cfg.KeepAlive, keepAlive), MaxAge: freshness,
	})
	s.rooms[rep] = r
	if snap, _ := rep.Snapshot(); snap.Rehearsal {
		s.mind(snap)
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
		r.topic.Touched(func(yield func(uint64) bool) {
			for _, p := range c.Who {
				if !yield(uint64(p)) {
					return
				}
			}
		})
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
	var keys []event.Key
	r.rep.View(func(st *event.State) { keys = st.HostKeys() })
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
func (r *room) audience(view, base string) hub.Audience {
	if view == viewPhone {
		return hub.Audience{View: view}
	}
	a := hub.Audience{View: view, Base: base}
	r.mu.Lock()
	hosts := r.base
	r.mu.Unlock()
	switch {
	case base == hosts || r.topic.Has(a) || r.topic.Audiences() < maxAudiences:
	case hosts != "":
		a.Base = hosts
	default:
		a.Base = r.s.fallbackBase()
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

func (r *room) leave(ctx context.Context, over time.Duration) {
	r.topic.Close(ctx, over, func(c hub.Conn) { c.Close(socket.CloseLeaving, "this node is leaving") })
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
		total, err := r.s.cfg.Presence.Announce(call, r.rep.Code(), r.s.cfg.Node, here)
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

// seqStep leaves room for the several tick frames of one snapshot: an event has
// at most 500 activities.
const seqStep = 512

// encode makes an audience's frames of the present snapshot. The whole state is
// made only if somebody needs it: ticks, ten a second, mostly do alone.
func (r *room) encode(a hub.Audience, seq uint64) *hub.Frames {
	look := r.rep.OnAir
	if a.View == viewHost {
		look = r.rep.Snapshot
	}
	snap, epoch := look()
	now := r.rep.Now()
	connected := r.connected()
	structure := epoch<<40 + snap.Structure
	if a.View == viewHost {
		structure += snap.Backstage + r.s.crowds.version(snap.UID)
		if snap.Rehearsal {
			// The console also says whether its crowd is at another node.
			structure <<= 1
			if r.elsewhere.Load() > 0 {
				structure |= 1
			}
		}
	}
	seq *= seqStep
	f := &hub.Frames{Structure: structure}
	f.Tick, f.Essence = ticks(snap, connected, seq)
	shared := sync.OnceValue(func() []byte { return r.state(a, snap, connected, now, seq) })
	if a.View == viewPhone {
		f.Personal = func(key uint64) []byte { return r.personal(shared(), event.Participant(key)) }
	} else {
		f.State = sync.OnceValue(func() []byte { return whole(shared()) })
	}
	return f
}

// state is a state frame's payload without what is personal and the closing
// brace; nil where it cannot be made, which is logged: one view that cannot be
// rendered must not end the node.
func (r *room) state(a hub.Audience, snap event.Snapshot, connected int, now time.Time, seq uint64) (shared []byte) {
	defer func() {
		if p := recover(); p != nil {
			r.s.cfg.Logger.Error("a view cannot be made", "event", r.rep.Code(), "view", a.View, "panic", p, "stack", string(debug.Stack()))
			shared = nil
		}
	}()
	if a.View == viewHost {
		snap = r.s.withCodes(snap)
	}
	html, err := r.html(a, snap, connected, now)
	var b bytes.Buffer
	b.WriteString(`{"t":"state","seq":`)
	b.WriteString(strconv.FormatUint(seq, 10))
	b.WriteString(`,"event":`)
	var shown apiEvent
	if a.View == viewHost {
		shown = r.s.hostEventJSON(snap, connected, now)
	} else {
		shown = eventJSON(snap, connected, now)
	}
	err = errors.Join(err, appendJSON(&b, shown))
	b.WriteString(`,"html":`)
	err = errors.Join(err, appendJSON(&b, html))
	if err != nil {
		r.s.cfg.Logger.Error("a view cannot be made", "event", r.rep.Code(), "view", a.View, "err", err)
		return nil
	}
	return b.Bytes()
}

// whole is the frame of a state that is the same for all.
func whole(shared []byte) []byte {
	if shared == nil {
		return nil
	}
	return socket.Text(len(shared)+1, func(b []byte) []byte { return append(append(b, shared...), '}') })
}

// personal splices what one phone is told of itself into the shared frame.
func (r *room) personal(shared []byte, p event.Participant) []byte {
	if shared == nil {
		return nil
	}
	var you event.You
	var uid event.UID
	r.rep.View(func(st *event.State) { you, uid = st.You(p), st.UID() })
	tail, err := json.Marshal(r.s.youJSON(uid, you))
	if err != nil {
		r.s.cfg.Logger.Error("encode you", "event", r.rep.Code(), "err", err)
		tail = []byte("null")
	}
	return socket.Text(len(shared)+len(tail)+10, func(b []byte) []byte {
		b = append(b, shared...)
		b = append(b, `,"you":`...)
		b = append(b, tail...)
		return append(b, '}')
	})
}

func (r *room) html(a hub.Audience, snap event.Snapshot, connected int, now time.Time) (string, error) {
	var b bytes.Buffer
	page := r.s.eventPage(a.View, &snap)
	page.BaseURL = a.Base
	if a.View == viewHost {
		m, err := r.s.hostModel(snap, a.Base, connected, now)
		if err != nil {
			return "", err
		}
		m.Page, m.Crowd = page, r.crowdModel(snap)
		err = ui.HostLive(m).Render(context.Background(), &b)
		return b.String(), err
	}
	e, err := r.s.eventModel(snap, a.Base, connected, now)
	if err != nil {
		return "", err
	}
	if a.View == viewScreen {
		err = ui.ScreenLive(ui.Screen{Page: page, Event: e}).Render(context.Background(), &b)
	} else {
		err = ui.PhoneLive(ui.Phone{Page: page, Event: e}).Render(context.Background(), &b)
	}
	return b.String(), err
}

// ticks are the tick frames of a snapshot, one for each activity that is open or
// current, and one without where there is none; essence is the same without
// sequence numbers.
func ticks(snap event.Snapshot, connected int, seq uint64) (frames, essence []byte) {
	var payload []byte
	add := func(a *event.Activity) {
		seq++
		payload = append(payload[:0], `{"t":"tick","seq":`...)
		payload = strconv.AppendUint(payload, seq, 10)
		mark := len(payload)
		payload = append(payload, `,"activity":`...)
		if a == nil {
			payload = append(payload, "null"...)
		} else {
			payload = strconv.AppendInt(payload, int64(a.ID), 10)
			payload = a.AppendNumbers(append(payload, ','))
		}
		payload = append(payload, `,"connected":`...)
		payload = strconv.AppendInt(payload, int64(connected), 10)
		payload = append(payload, `,"joined":`...)
		payload = strconv.AppendInt(payload, int64(snap.Joined), 10)
		payload = append(payload, '}')
		essence = append(essence, payload[mark:]...)
		frames = socket.AppendText(frames, payload)
	}
	any := false
	for i := range snap.Activities {
		if a := &snap.Activities[i]; a.State == event.Open || a.ID == snap.Current {
			add(a)
			any = true
		}
	}
	if !any {
		add(nil)
	}
	return frames, essence
}

func appendJSON(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode ends with a line feed
	return nil
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
			r.topic.ByKey(uint64(w.Participant), func(sub *hub.Subscriber) {
				sub.Conn.Send(frame)
			})
		}
	}
}
