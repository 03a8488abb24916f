package load

import (
	"fmt"
	"time"
)

// Deliveries is what came of broadcasts.
type Deliveries struct {
	Frames  int             // received, over all connections
	Rounds  int             // broadcasts that everybody got
	First   []time.Duration // of each broadcast, from its trigger to the first connection
	Spread  []time.Duration // of each broadcast, from the first connection to the last
	Bytes   int             // of one frame
	Elapsed time.Duration
}

const deliveryLimit = 20 * time.Second

// Deliver triggers broadcasts one after the other, at most one in every, and
// waits for each until all connections have been sent something since.
func (l *Loop) Deliver(rounds int, every time.Duration, trigger func() error) (*Deliveries, error) {
	d := &Deliveries{}
	begin := l.now()
	count := func(_ *conn, kind Kind, frame []byte) {
		if kind == Broadcast {
			d.Frames++
			d.Bytes = len(frame)
		}
	}
	for range rounds {
		start := l.now()
		for _, c := range l.conns {
			c.got = 0
		}
		if err := trigger(); err != nil {
			return nil, err
		}
		var first, last int64
		for missing := len(l.conns); missing > 0; {
			err := l.poll(50*time.Millisecond, func(c *conn, kind Kind, frame []byte) {
				if kind == Broadcast && c.got == 1 {
					last = l.now()
					if first == 0 {
						first = last
					}
					missing--
				}
				count(c, kind, frame)
			})
			if err != nil {
				return nil, err
			}
			if l.now()-start > int64(deliveryLimit) {
				return nil, fmt.Errorf("%d of %d connections were not sent a broadcast within %v", missing, len(l.conns), deliveryLimit)
			}
		}
		d.Rounds++
		d.First = append(d.First, time.Duration(first-start))
		d.Spread = append(d.Spread, time.Duration(last-first))
		if err := l.listen(start+int64(every), count); err != nil {
			return nil, err
		}
	}
	d.Elapsed = time.Duration(l.now() - begin)
	return d, nil
}

// Listen reads what comes for a while.
func (l *Loop) Listen(d time.Duration) error {
	return l.listen(l.now()+int64(d), func(*conn, Kind, []byte) {})
}

func (l *Loop) listen(until int64, got func(*conn, Kind, []byte)) error {
	for {
		wait := time.Duration(until - l.now())
		if wait <= 0 {
			return nil
		}
		if err := l.poll(wait, got); err != nil {
			return err
		}
	}
}

// Send has one connection send its next request, without waiting for the answer.
func (l *Loop) Send(i int) error { return l.send(l.conns[i], i, l.now()) }
