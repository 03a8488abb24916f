package load

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Tapper is a phone that taps whether or not its last taps were answered. Each tap
// has an n and a ref of its own, so that answers in any order are told apart.
type Tapper struct {
	frames [2][]byte // one for each choice
	places [2]int    // of the digits of ref and n in a frame's payload
	n      uint32    // of the newest tap
	sent   [tapsKept]int64
	buf    []byte

	settled  bool  // the newest tap is in the tally
	again    int64 // when the newest tap goes out again; 0: it is on its way
	attempts int
	firsts   int // times that the server said "counted"
	conn     *conn
	index    int
}

// tapsKept is how many taps back a phone remembers when they were due; the server
// takes 16 at a time from a socket.
const tapsKept = 1024

// NewTapper is the wire of a phone that votes in a poll.
func NewTapper(activity, run int) *Tapper {
	t := &Tapper{n: firstN}
	for choice := range t.frames {
		payload := fmt.Sprintf(`{"t":"entry","ref":%d,"activity":%d,"run":%d,"n":%d,"choice":[%d]}`, firstN, activity, run, firstN, choice)
		t.frames[choice] = Masked([]byte(payload))
		digits := []byte(strconv.Itoa(firstN))
		t.places = [2]int{bytes.Index([]byte(payload), digits), bytes.LastIndex([]byte(payload), digits)}
	}
	return t
}

// Next is one more tap; due is noted by the caller.
func (t *Tapper) Next() []byte {
	t.n++
	return t.frame()
}

// frame is the newest tap's.
func (t *Tapper) frame() []byte {
	frame := t.frames[t.n%2]
	for _, place := range t.places {
		room := frame[smallHead+place:][:9]
		digits(room, t.n)
		for i := range room {
			room[i] ^= mask[(place+i)%4]
		}
	}
	return frame
}

// Choice is what the phone's newest tap chose.
func (t *Tapper) Choice() int { return int(t.n % 2) }

// Counted is how many times the server said that the phone's first entry counts.
func (t *Tapper) Counted() int { return t.firsts }

// Split tells a server's frames apart.
func (t *Tapper) Split(data []byte) (int, Kind) {
	n, kind := splitFrame(data)
	if kind == Accepted && bytes.Contains(data[:n], counted) {
		t.firsts++
	}
	return n, kind
}

// number is the digits behind a name in an acknowledgement; 0 where there is none.
func number(payload, name []byte) (n int) {
	at := bytes.Index(payload, name)
	if at < 0 {
		return 0
	}
	for _, c := range payload[at+len(name):] {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

var (
	refName   = []byte(`"ref":`)
	afterName = []byte(`"after_ms":`)
)

// Flood is what came of taps at a rate that nobody asked the server about.
type Flood struct {
	Offered  int
	Accepted int // while it lasted
	Refused  int // likewise
	Skipped  int // taps of phones whose connection took no more
	Failed   int
	Took     time.Duration
	Acks     Histogram     // from when a tap was due until it was acknowledged
	Refusals Histogram     // likewise, refused
	Lag      Histogram     // of the generator: from when a tap was due until it was sent
	Settled  time.Duration // from the end until every phone's newest tap was counted
	Retries  int           // frames sent again in that time
}

// Rate is how many entries a second were accepted while it lasted.
func (f *Flood) Rate() float64 { return float64(f.Accepted) / f.Took.Seconds() }

// Peak has every phone tap several times at once, again as soon as all of them were
// answered, for a time; it returns accepted taps a second.
func (l *Loop) Peak(phones []*Tapper, at int, d time.Duration) (rate float64, err error) {
	of := l.assign(phones)
	begin := l.now()
	accepted, open := 0, 0
	waiting := make(map[*Tapper]int, len(phones))
	for _, t := range phones {
		if err := l.tap(t, at, l.now()); err != nil {
			return 0, err
		}
		waiting[t] = at
		open++
	}
	var fault error
	for open > 0 {
		if l.now()-begin > int64(d+l.Patience) {
			return 0, fmt.Errorf("%d phones were not answered within %v", open, l.Patience)
		}
		err := l.poll(20*time.Millisecond, func(c *conn, kind Kind, _ []byte) {
			if kind > Failed {
				return
			}
			if kind == Accepted {
				accepted++
			}
			t := of[c]
			if waiting[t]--; waiting[t] > 0 {
				return
			}
			if l.now()-begin > int64(d) {
				open--
				return
			}
			waiting[t] = at
			fault = errors.Join(fault, l.tap(t, at, l.now()))
		})
		if err := errors.Join(err, fault); err != nil {
			return 0, err
		}
	}
	return float64(accepted) / time.Duration(l.now()-begin).Seconds(), nil
}

// assign gives each phone its connection.
func (l *Loop) assign(phones []*Tapper) map[*conn]*Tapper {
	of := make(map[*conn]*Tapper, len(phones))
	for i, t := range phones {
		t.conn, t.index = l.conns[i], i
		of[l.conns[i]] = t
	}
	return of
}

// Flood has the phones tap at a rate a second in all, for a time, several taps of a
// phone at once: a generator on one core could not write them one by one. Then each
// phone sends its newest tap until it is counted, as a real one does: it waits as
// long as the server asks it to, and longer each time. settle bounds that.
func (l *Loop) Flood(phones []*Tapper, rate float64, at int, d, settle time.Duration) (*Flood, error) {
	f := &Flood{}
	of := l.assign(phones)
	open := len(phones) // phones whose newest tap is not counted
	for _, t := range phones {
		t.settled = false
	}
	over := false
	got := func(c *conn, kind Kind, frame []byte) {
		if kind > Failed {
			return
		}
		t, now := of[c], l.now()
		ref := uint32(number(frame, refName))
		if ref == 0 || ref > t.n {
			f.Failed++
			return
		}
		took := time.Duration(now - t.sent[ref%tapsKept])
		switch kind {
		case Accepted:
			if !over {
				f.Accepted++
				f.Acks.Add(took)
			}
			if ref == t.n && !t.settled {
				t.settled = true
				open--
			}
		case Refused:
			if !over {
				f.Refused++
				f.Refusals.Add(took)
			}
			if ref == t.n && !t.settled {
				t.attempts++
				most := min(15*time.Second, 300*time.Millisecond<<min(t.attempts, 10))
				wait := time.Duration(number(frame, afterName))*time.Millisecond + time.Duration(rand.Int64N(int64(most)))
				t.again = now + int64(wait)
			}
		default:
			f.Failed++
		}
	}
	begin := l.now()
	bursts := int(rate * d.Seconds() / float64(at))
	due := func(k int) int64 { return begin + int64(float64(k*at)/rate*1e9) }
	for k := 0; k < bursts; {
		for now := l.now(); k < bursts && due(k) <= now; now = l.now() {
			t := phones[k%len(phones)]
			f.Offered += at
			if len(t.conn.rest) > 0 { // the kernel holds what it may: nothing more can be sent
				f.Skipped += at
			} else {
				f.Lag.Add(time.Duration(now - due(k)))
				if t.settled {
					open++
				}
				t.settled, t.again, t.attempts = false, 0, 0
				if err := l.tap(t, at, due(k)); err != nil {
					return nil, err
				}
			}
			if k++; k%64 == 0 { // answers must not wait for a burst of requests to be sent
				break
			}
		}
		wait := time.Millisecond
		if k < bursts {
			wait = time.Duration(due(k) - l.now())
		}
		if err := l.poll(wait, got); err != nil {
			return nil, err
		}
	}
	f.Took = time.Duration(l.now() - begin)
	over = true
	end := l.now()
	for open > 0 {
		if l.now()-end > int64(settle) {
			return f, fmt.Errorf("%d phones' newest taps were not counted within %v", open, settle)
		}
		for _, t := range phones {
			if !t.settled && t.again != 0 && t.again <= l.now() && len(t.conn.rest) == 0 {
				t.again = 0
				f.Retries++
				t.conn.rest = append(t.conn.rest[:0], t.frame()...)
				if err := l.flush(t.conn, t.index); err != nil {
					return nil, err
				}
			}
		}
		if err := l.poll(5*time.Millisecond, got); err != nil {
			return nil, err
		}
	}
	f.Settled = time.Duration(l.now() - end)
	return f, nil
}

// tap writes several taps of a phone.
func (l *Loop) tap(t *Tapper, at int, due int64) error {
	t.buf = t.buf[:0]
	for range at {
		t.buf = append(t.buf, t.Next()...)
		t.sent[t.n%tapsKept] = due
	}
	t.conn.rest = t.buf
	return l.flush(t.conn, t.index)
}
