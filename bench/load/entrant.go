package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Entrant is a connection over which one participant after the other joins and
// enters a raffle, each with a token of their own, over HTTP. What is refused is sent
// again.
type Entrant struct {
	HTTP
	join  []byte
	enter []byte
	place int    // of the token in enter
	token []byte // of who has joined and not entered yet

	Entered int // participants whose entry was counted
}

// tokenSize is the length of a participant's token.
const tokenSize = 32

// NewEntrant is the wire of a connection that enters participants into a raffle.
func NewEntrant(host, code string, activity, run int) *Entrant {
	e := &Entrant{join: NewJoins(host, code, nil).requests[0]}
	body := fmt.Sprintf(`{"activity":%d,"run":%d,"n":1}`, activity, run)
	e.enter = fmt.Appendf(nil, "POST /api/v1/events/%s/entries HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", code, host, bytes.Repeat([]byte("x"), tokenSize), len(body), body)
	e.place = bytes.Index(e.enter, []byte("Bearer ")) + len("Bearer ")
	return e
}

// Next is the next participant's join, or the entry of the one who has joined.
func (e *Entrant) Next() []byte {
	if len(e.token) == 0 {
		return e.join
	}
	copy(e.enter[e.place:], e.token)
	return e.enter
}

var tokenName = []byte(`"token":"`)

// Split finds an answer's end, and learns tokens.
func (e *Entrant) Split(data []byte) (int, Kind) {
	n, kind := e.HTTP.Split(data)
	if n == 0 || kind != Accepted {
		return n, kind
	}
	if len(e.token) > 0 {
		e.token = e.token[:0]
		if !bytes.Contains(data[:n], counted) {
			return n, Failed
		}
		e.Entered++
		return n, kind
	}
	at := bytes.Index(data[:n], tokenName)
	if at < 0 || at+len(tokenName)+tokenSize > n {
		return n, Failed
	}
	e.token = append(e.token[:0], data[at+len(tokenName):][:tokenSize]...)
	return n, kind
}

// Entering is what came of entrants.
type Entering struct {
	Refused int // requests, which were sent again
	Took    time.Duration
	Latency Histogram // of a request that was not refused
}

// Enter has n participants join and enter, one after the other on each connection.
// What is refused is sent again a little later.
func (l *Loop) Enter(entrants []*Entrant, n int) (*Entering, error) {
	r := &Entering{}
	type again struct {
		conn int
		at   int64
	}
	var later []again // in the order of their time
	index := make(map[*conn]int, len(l.conns))
	begin := l.now()
	left, open := n, 0
	for i, c := range l.conns {
		index[c] = i
		if left == 0 {
			break
		}
		left--
		open++
		if err := l.send(c, i, l.now()); err != nil {
			return nil, err
		}
	}
	var fault error
	for last := begin; open > 0; {
		now := l.now()
		for ; len(later) > 0 && later[0].at <= now; later = later[1:] {
			i := later[0].conn
			if err := l.send(l.conns[i], i, now); err != nil {
				return nil, err
			}
		}
		if now-last > int64(enterLimit) {
			return nil, fmt.Errorf("nobody was answered for %v; %d participants are missing", enterLimit, left+open)
		}
		err := l.poll(10*time.Millisecond, func(c *conn, kind Kind, body []byte) {
			if !c.waiting {
				return
			}
			c.waiting = false
			now := l.now()
			e := entrants[index[c]]
			switch kind {
			case Accepted:
				last = now
				r.Latency.Add(time.Duration(now - c.due))
				if len(e.token) == 0 { // the entry was answered, not the join
					if left == 0 {
						open--
						return
					}
					left--
				}
				fault = errors.Join(fault, l.send(c, index[c], now))
			case Refused:
				r.Refused++
				later = append(later, again{index[c], now + int64(enterAgain)})
			default:
				fault = errors.Join(fault, fmt.Errorf("answered with %q", body))
			}
		})
		if err := errors.Join(err, fault); err != nil {
			return nil, err
		}
	}
	r.Took = time.Duration(l.now() - begin)
	return r, nil
}

const (
	enterLimit = 30 * time.Second
	enterAgain = 100 * time.Millisecond
)
