package load

import (
	"errors"
	"fmt"
	"time"
)

// patience is how long a phone waits for an answer, where the loop does not say:
// what takes longer is not accepted, and what has not even been sent by then is
// given up.
const patience = 2 * time.Second

// Result is what came of a load.
type Result struct {
	Offered  int           // requests that were due
	Accepted int           // answered in time, and done
	Late     int           // done, but after the patience ended
	Refused  int           // answered with "later"
	Failed   int           // answered otherwise
	Lost     int           // not answered or not sent
	Took     time.Duration // from the first request to the last answer
	Latency  Histogram     // of those that were answered
	Done     Histogram     // of those that were done, and of those lost, which count as patience
	Lag      Histogram     // of the generator: from when a request was due and a connection idle, until it was sent
}

// Rate is accepted requests per second.
func (r *Result) Rate() float64 { return float64(r.Accepted) / r.Took.Seconds() }

// Clean is an error unless everything offered was accepted.
func (r *Result) Clean() error {
	if r.Accepted == 0 {
		return errors.New("no request was accepted")
	}
	if n := r.Refused + r.Failed + r.Lost + r.Late; n > 0 {
		return fmt.Errorf("of %d requests %d were refused, %d failed, %d were late, %d not answered", r.Offered, r.Refused, r.Failed, r.Late, r.Lost)
	}
	return nil
}

// lose counts requests that nobody will answer in time.
func (r *Result) lose(n int, patience time.Duration) {
	r.Lost += n
	for range n {
		r.Done.Add(patience)
	}
}

// mostRefused is the share of requests that may be told to come later before
// figures of the others say little.
const mostRefused = 0.2

// Usable is an error where requests failed or were lost, or many were refused: a
// server may send some away that came at once.
func (r *Result) Usable() error {
	if r.Accepted == 0 || r.Failed+r.Lost+r.Late > 0 || float64(r.Refused) > mostRefused*float64(r.Offered) {
		return r.Clean()
	}
	return nil
}

func (r *Result) count(c *conn, kind Kind, now int64, patience time.Duration) {
	latency := time.Duration(now - c.due)
	c.waiting = false
	r.Latency.Add(latency)
	switch {
	case kind == Refused:
		r.Refused++
	case kind == Failed:
		r.Failed++
	case latency > patience:
		r.Late++
		r.Done.Add(latency)
	default:
		r.Accepted++
		r.Done.Add(latency)
	}
}

// Closed has every connection send its next request as soon as the last was
// answered, for a time, and waits for the last answers.
func (l *Loop) Closed(d time.Duration) (*Result, error) { return l.closed(d, 1<<62) }

// Times is Closed for a number of requests.
func (l *Loop) Times(n int) (*Result, error) { return l.closed(time.Hour, n) }

func (l *Loop) closed(d time.Duration, most int) (*Result, error) {
	r := &Result{}
	begin := l.now()
	end, open := begin+int64(d), 0
	index := make(map[*conn]int, len(l.conns))
	for i, c := range l.conns {
		index[c] = i
		if r.Offered == most {
			break
		}
		if err := l.send(c, i, l.now()); err != nil {
			return nil, err
		}
		open++
		r.Offered++
	}
	var fault error
	for last := begin; open > 0; {
		now := l.now()
		if now > max(end, last)+int64(l.Patience) {
			break
		}
		err := l.poll(50*time.Millisecond, func(c *conn, kind Kind, _ []byte) {
			if kind > Failed || !c.waiting {
				return
			}
			now := l.now()
			last = now
			r.count(c, kind, now, l.Patience)
			if now < end && r.Offered < most && fault == nil {
				fault = l.send(c, index[c], now)
				r.Offered++
				return
			}
			open--
		})
		if err = errors.Join(err, fault); err != nil {
			return nil, err
		}
	}
	r.lose(open, l.Patience)
	for _, c := range l.conns {
		c.waiting = false
	}
	r.Took = time.Duration(l.now() - begin)
	return r, nil
}

// Open sends requests at a rate a second, for a time, each on an idle
// connection, and waits for the last answers.
func (l *Loop) Open(rate float64, d time.Duration) (*Result, error) {
	r := &Result{}
	idle := make([]int, 0, len(l.conns))
	index := make(map[*conn]int, len(l.conns))
	for i, c := range l.conns {
		index[c] = i
		if !c.waiting { // of an earlier run that was given up
			idle = append(idle, i)
		}
	}
	begin := l.now()
	total := int(rate * d.Seconds())
	due := func(k int) int64 { return begin + int64(float64(k)/rate*1e9) }
	next, open := 0, 0
	starved := begin // until when no connection was idle
	for {
		now := l.now()
		for next < total && due(next) <= now {
			if now-due(next) > int64(l.Patience) {
				r.lose(1, l.Patience)
				next++
				continue
			}
			if len(idle) == 0 {
				break
			}
			i := idle[len(idle)-1]
			idle = idle[:len(idle)-1]
			r.Lag.Add(time.Duration(now - max(due(next), starved)))
			if err := l.send(l.conns[i], i, due(next)); err != nil {
				return nil, err
			}
			next++
			open++
			if next%64 == 0 { // answers must not wait for a burst of requests to be sent
				break
			}
		}
		if next == total && (open == 0 || now > due(total)+int64(l.Patience)) {
			break
		}
		wait := 20 * time.Millisecond
		if next < total && len(idle) > 0 {
			wait = min(wait, time.Duration(due(next)-l.now()))
		}
		err := l.poll(wait, func(c *conn, kind Kind, _ []byte) {
			if kind > Failed || !c.waiting {
				return
			}
			now := l.now()
			r.count(c, kind, now, l.Patience)
			if len(idle) == 0 { // until now it was the server that kept requests waiting
				starved = now
			}
			idle = append(idle, index[c])
			open--
		})
		if err != nil {
			return nil, err
		}
	}
	r.Offered = total
	r.lose(open, l.Patience)
	r.Took = time.Duration(l.now() - begin)
	return r, nil
}

// Settle reads until every connection has its answer, or for a time: between
// loads, so that answers that were given up do not count for the next.
func (l *Loop) Settle(limit time.Duration) error {
	for deadline := l.now() + int64(limit); l.now() < deadline; {
		open := 0
		for _, c := range l.conns {
			if c.waiting {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		err := l.poll(20*time.Millisecond, func(c *conn, kind Kind, _ []byte) {
			if kind <= Failed {
				c.waiting = false
			}
		})
		if err != nil {
			return err
		}
	}
	return errors.New("some requests were never answered")
}
