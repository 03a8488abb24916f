package rehearse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"drumroll/internal/contract"
)

// shared is a frame, or the part of it, that many phones are sent alike. It is
// decoded and checked for the first of them; what another is sent is compared.
type shared struct {
	Seq   uint64          `json:"seq"`
	Event *contract.Event `json:"event"` // of a state
	// Of a tick.
	Activity *int  `json:"activity"`
	Entries  int   `json:"entries"`
	Counts   []int `json:"counts"`

	text []byte
	// How it spread over connections that had a state before.
	mu          sync.Mutex
	first, last time.Time
	phones      int
}

// arrived notes a phone that was sent the frame on a standing connection.
func (s *shared) arrived(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phones++; s.phones == 1 {
		s.first = now
	}
	s.last = now
}

// recall holds the newest shared frames; older ones are decoded again should
// they still come.
type recall struct {
	mu     sync.Mutex
	seed   maphash.Seed
	frames map[uint64]*shared
	order  []uint64 // oldest first
	most   int
}

func newRecall(most int) *recall {
	return &recall{seed: maphash.MakeSeed(), frames: map[uint64]*shared{}, most: most}
}

// get returns the decoded frame of a text; decode is called where the text is
// new, and must not keep it.
func (r *recall) get(text []byte, decode func([]byte) (*shared, error)) (*shared, error) {
	key := maphash.Bytes(r.seed, text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.frames[key]; s != nil && bytes.Equal(s.text, text) {
		return s, nil
	}
	s, err := decode(text)
	if err != nil {
		return nil, err
	}
	s.text = bytes.Clone(text)
	if r.frames[key] == nil {
		r.order = append(r.order, key)
	}
	r.frames[key] = s
	if len(r.order) > r.most {
		delete(r.frames, r.order[0])
		r.order = append(r.order[:0], r.order[1:]...)
	}
	return s, nil
}

var (
	tickStart  = []byte(`{"t":"tick"`)
	stateStart = []byte(`{"t":"state"`)
	youStart   = []byte(`,"you":`) // inside a JSON string its quotes would be escaped
)

// receive takes one frame of a phone's connection.
func (c *crowd) receive(p *phone, data []byte) {
	var err error
	var s *shared
	switch {
	case bytes.HasPrefix(data, tickStart):
		if s, err = c.ticks.get(data, c.decodeTick); err == nil {
			c.frames.tick.Add(1)
			p.onTick(s)
		}
	case bytes.HasPrefix(data, stateStart):
		var y contract.You
		if s, y, err = c.decodeState(data); err == nil {
			c.frames.state.Add(1)
			p.onState(s, &y)
		}
	default:
		var f contract.Ack // of a win these are type and ticket
		if err = json.Unmarshal(data, &f); err != nil {
			break
		}
		switch f.T {
		case contract.FrameAck:
			c.frames.ack.Add(1)
			p.onAck(&f)
		case contract.FrameWon:
			c.frames.won.Add(1)
			p.onWon(&f)
		default:
			err = fmt.Errorf("unknown type %q", f.T)
		}
	}
	if err != nil {
		c.checks.fail(checkFrame, "phone %d was sent %q: %v", p.no, data[:min(len(data), 100)], err)
	}
}

func (c *crowd) decodeTick(text []byte) (*shared, error) {
	s := new(shared)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	if s.Activity != nil {
		// A tick does not say how many options one may choose.
		c.checkCounts("tick", *s.Activity, s.Entries, s.Counts, countsMoved(c.latest().Activity(*s.Activity)))
	}
	return s, nil
}

// decodeState cuts a state frame into what all are told and what one is; "you"
// is its last member.
func (c *crowd) decodeState(data []byte) (*shared, contract.You, error) {
	var y contract.You
	cut := bytes.LastIndex(data, youStart)
	if cut < 0 || data[len(data)-1] != '}' {
		return nil, y, errors.New(`no "you" at the end of a phone's state`)
	}
	if err := json.Unmarshal(data[cut+len(youStart):len(data)-1], &y); err != nil {
		return nil, y, err
	}
	s, err := c.states.get(data[:cut], func(text []byte) (*shared, error) {
		s := new(shared)
		if err := json.Unmarshal(append(bytes.Clone(text), '}'), s); err != nil {
			return nil, err
		}
		if s.Event == nil {
			return nil, errors.New("a state without event")
		}
		c.checkEvent("state", s.Event)
		c.newest.Store(s.Event)
		c.spread.begin(s)
		return s, nil
	})
	return s, y, err
}

func (c *crowd) checkEvent(where string, e *contract.Event) {
	for i := range e.Activities {
		a := &e.Activities[i]
		c.checkCounts(where, a.ID, a.Entries, a.Counts, countsMoved(a))
	}
}

func (c *crowd) checkCounts(where string, id, entries int, counts []int, most int) {
	sum := 0
	for _, n := range counts {
		sum += n
		if n < 0 || n > entries {
			c.checks.fail(checkCounts, "%s of activity %d: %d entries, counts %v", where, id, entries, counts)
			return
		}
	}
	if sum > entries*most {
		c.checks.fail(checkCounts, "%s of activity %d: %d entries of at most %d choices, counts %v", where, id, entries, most, counts)
	}
}

// latest is the event as the newest state had it; empty before the first.
func (c *crowd) latest() *contract.Event {
	if e := c.newest.Load(); e != nil {
		return e
	}
	return new(contract.Event)
}

// spreads measures how long states take from the first phone to the last.
type spreads struct {
	mu      sync.Mutex
	current []*shared // not yet judged; the newest last
	count   int       // states that at least half of the phones were sent
	worst   time.Duration
}

// begin notes a new state, and judges those that are old.
func (s *spreads) begin(f *shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.last = time.Now()
	s.current = append(s.current, f)
}

// judge takes the states that arrived at least half of so many connections into
// account, once they are a few seconds old, or at the end all.
func (s *spreads) judge(connected int, end bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var young []*shared
	for _, f := range s.current {
		f.mu.Lock()
		switch {
		case !end && time.Since(f.last) < 5*time.Second:
			young = append(young, f)
		case f.phones > 1 && 2*f.phones >= connected:
			s.count++
			s.worst = max(s.worst, f.last.Sub(f.first))
		}
		f.mu.Unlock()
	}
	s.current = young
}
