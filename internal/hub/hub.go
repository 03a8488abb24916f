// Package hub carries an event's news to the sockets that show it.
//
// A Topic belongs to one event. Its subscribers are grouped in audiences that
// are sent the same frames. When something moved, the topic has the frames of
// each audience encoded once and offers them to every subscriber; ticks at most
// every TickEvery, structure at once. A subscriber that cannot take a frame keeps
// the newest one in its single slot: a slow reader costs one pointer, skips what
// is old, and never holds up the others. Frames are opaque here.
package hub

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Conn is where a subscriber's frames go. The topic itself offers and closes.
type Conn interface {
	// Send writes frames that must not be lost while the connection lives; false
	// where it has ended.
	Send(frames []byte) bool
	// Offer writes frames if the connection is idle, and reports whether it did.
	Offer(frames []byte) bool
	// Close ends the connection, without waiting.
	Close(code int, reason string)
}

// Frames are what one audience is sent of one snapshot.
type Frames struct {
	Structure uint64        // a client that was sent another one needs State
	State     func() []byte // the whole; made when somebody needs it; nil where it is Personal
	Tick      []byte
	// Essence is what Tick says, without its sequence number: a subscriber that
	// was told the same is sent Tick only to keep its connection alive.
	Essence []byte
	// Personal makes the State of one subscriber, by key.
	Personal func(key uint64) []byte

	seq   uint64
	made  time.Time
	alive bool // Tick is due, even if it says nothing new
}

// Audience names those who are sent the same frames.
type Audience struct {
	View string
	Base string // base URL that its pages show
}

// Subscriber is one socket.
type Subscriber struct {
	Key      uint64 // for Personal and Touched; 0: nobody in particular
	Audience Audience
	Conn     Conn

	count   func(view string) // Config.Sent
	mu      sync.Mutex
	sent    bool
	seen    uint64  // Structure of the newest State sent
	seq     uint64  // of the newest Frames sent
	told    []byte  // their Essence
	stale   bool    // what is personal changed: State is due
	slot    *Frames // the newest that could not be written yet
	credits int     // entries that this very socket was acknowledged and Touched has not reported
}

// Credit notes that the socket itself is told of an entry that counted, so that
// Touched need not refresh it.
func (s *Subscriber) Credit() {
	s.mu.Lock()
	s.credits++
	s.mu.Unlock()
}

// Drained offers what waits in the slot; the connection calls it when it is idle
// again.
func (s *Subscriber) Drained() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.slot; f != nil {
		s.slot = nil
		s.offerLocked(f)
	}
}

func (s *Subscriber) deliver(f *Frames) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offerLocked(f)
}

// offerLocked chooses and writes the frame.
func (s *Subscriber) offerLocked(f *Frames) {
	if s.sent && f.seq <= s.seq {
		return
	}
	whole := !s.sent || s.stale || s.seen != f.Structure
	frame := f.Tick
	if whole {
		if f.Personal != nil {
			frame = f.Personal(s.Key)
		} else {
			frame = f.State()
		}
	}
	if !whole && !f.alive && bytes.Equal(f.Essence, s.told) {
		s.slot = nil // what waits there is older, and says what this socket knows, or less
		return
	}
	if frame == nil {
		return // it could not be made
	}
	if !s.Conn.Offer(frame) {
		s.slot = f
		return
	}
	if s.count != nil {
		s.count(s.Audience.View)
	}
	s.slot, s.sent, s.seq, s.told = nil, true, f.seq, f.Essence
	if whole {
		s.seen, s.stale = f.Structure, false
		// What was acknowledged is in it: a credit that was not asked for (a log
		// folded again tells nobody's entries) must not hide another tab's entry.
		s.credits = 0
	}
}

// Config of a Topic.
type Config struct {
	// Encode makes an audience's frames of the present snapshot; seq rises. It is
	// called from one goroutine at a time, under the topic's lock: it must not call
	// the topic.
	Encode func(a Audience, seq uint64) *Frames
	// Publishing and Published are called before and after each publishing to the
	// crowd, on the goroutine that does it; or nil. What stood at the first is in the
	// frames that were offered by the second.
	Publishing, Published func()
	// Sent is told of each frame that a connection took; or nil.
	Sent func(view string)

	TickEvery time.Duration // least time between ticks
	KeepAlive time.Duration // most time without a frame
	// Crowd is the view whose ticks get rarer where they would cost more than the
	// Budget, and CrowdEvery the most time between them then. The other views' ticks
	// keep to TickEvery. nil: the crowd's do too.
	Crowd      string
	CrowdEvery time.Duration
	Budget     *Budget
	// MaxAge is how old frames may be for a newcomer (they hold countdowns).
	MaxAge time.Duration
}

// Topic is one event's subscribers.
type Topic struct {
	cfg Config

	mu        sync.Mutex
	audiences map[Audience]*audience
	byKey     map[uint64][]*Subscriber
	seq       uint64
	stage     lane // screens and hosts
	crowd     lane
	closed    func(Conn)
}

type audience struct {
	subs   map[*Subscriber]struct{}
	newest *Frames
}

// NewTopic returns a topic; Run makes it publish.
func NewTopic(cfg Config) *Topic {
	return &Topic{
		cfg: cfg, audiences: map[Audience]*audience{}, byKey: map[uint64][]*Subscriber{},
		stage: lane{wake: make(chan struct{}, 1)}, crowd: lane{wake: make(chan struct{}, 1)},
	}
}

// Subscribe adds a subscriber and sends it the present State.
func (t *Topic) Subscribe(s *Subscriber) {
	t.mu.Lock()
	if t.closed != nil {
		end := t.closed
		t.mu.Unlock()
		end(s.Conn)
		return
	}
	a := t.audiences[s.Audience]
	if a == nil {
		a = &audience{subs: map[*Subscriber]struct{}{}}
		t.audiences[s.Audience] = a
	}
	s.count = t.cfg.Sent
	a.subs[s] = struct{}{}
	if s.Key != 0 {
		t.byKey[s.Key] = append(t.byKey[s.Key], s)
	}
	// Counts that moved since are told by the tick that is due anyway: a crowd that
	// arrives at once must not have the view encoded for each of them.
	f := a.newest
	if f == nil || t.lane(s.Audience).structure || time.Since(f.made) > t.cfg.MaxAge {
		f = t.encodeLocked(s.Audience, a)
	}
	t.mu.Unlock()
	s.deliver(f)
}

// Unsubscribe removes a subscriber.
func (t *Topic) Unsubscribe(s *Subscriber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.audiences[s.Audience]
	if a == nil {
		return
	}
	delete(a.subs, s)
	if len(a.subs) == 0 {
		delete(t.audiences, s.Audience)
	}
	if s.Key != 0 {
		t.byKey[s.Key] = slices.DeleteFunc(t.byKey[s.Key], func(kin *Subscriber) bool { return kin == s })
		if len(t.byKey[s.Key]) == 0 {
			delete(t.byKey, s.Key)
		}
	}
}

// Has reports whether somebody is in the audience.
func (t *Topic) Has(a Audience) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.audiences[a] != nil
}

// Audiences is the number of different audiences.
func (t *Topic) Audiences() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.audiences)
}

// ByKey is the subscribers with the key.
func (t *Topic) ByKey(key uint64) []*Subscriber {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.byKey[key])
}

// Touched tells whose entries counted: their sockets that did not send them
// themselves are due a State, with the next publishing.
func Touched[K ~uint64](t *Topic, keys []K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		for _, s := range t.byKey[uint64(key)] {
			s.mu.Lock()
			if s.credits > 0 {
				s.credits--
			} else {
				s.stale = true
			}
			s.mu.Unlock()
		}
	}
}

func (t *Topic) encodeLocked(key Audience, a *audience) *Frames {
	t.seq++
	f := t.cfg.Encode(key, t.seq)
	f.seq, f.made = t.seq, time.Now()
	a.newest = f
	return f
}

// Close ends every subscriber's connection, and those that come later, spread
// evenly over the given time and in no order: those who came together, through
// one Wi-Fi or one front desk, do not go together. It returns when all were told
// or ctx ends.
func (t *Topic) Close(ctx context.Context, over time.Duration, end func(Conn)) {
	t.mu.Lock()
	t.closed = end
	var conns []Conn
	for _, a := range t.audiences {
		for s := range a.subs {
			conns = append(conns, s.Conn)
		}
	}
	t.mu.Unlock()
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	start := time.Now()
	for i, c := range conns {
		if due := start.Add(over * time.Duration(i) / time.Duration(len(conns))); time.Until(due) > 0 {
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return
			}
		}
		end(c)
	}
}
