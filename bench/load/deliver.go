package load

import (
	"fmt"
	"time"
)

const deliveryLimit = 20 * time.Second

// Deliver triggers broadcasts one after the other, at most one in every interval,
// and waits each time until all connections have received something since. The
// first connection's next request is the trigger. It returns the number of frames
// that all connections received and the length of one.
func (l *Loop) Deliver(rounds int, every time.Duration) (frames, length int, err error) {
	for range rounds {
		start := l.now()
		for _, c := range l.conns {
			c.broadcasts = 0
		}
		missing := len(l.conns)
		receive := func(c *conn, kind Kind, frame []byte) {
			if kind != Broadcast {
				return
			}
			frames, length = frames+1, len(frame)
			if c.broadcasts == 1 {
				missing--
			}
		}
		if err := l.Send(0); err != nil {
			return 0, 0, err
		}
		for missing > 0 {
			if err := l.poll(50*time.Millisecond, receive); err != nil {
				return 0, 0, err
			}
			if l.now()-start > int64(deliveryLimit) {
				return 0, 0, fmt.Errorf("%d of %d connections did not receive a broadcast within %v", missing, len(l.conns), deliveryLimit)
			}
		}
		if err := l.listen(start+int64(every), receive); err != nil {
			return 0, 0, err
		}
	}
	return frames, length, nil
}

// Listen reads what arrives for a while.
func (l *Loop) Listen(d time.Duration) error { return l.listen(l.now()+int64(d), ignore) }

func (l *Loop) listen(until int64, receive receiver) error {
	for {
		wait := time.Duration(until - l.now())
		if wait <= 0 {
			return nil
		}
		if err := l.poll(wait, receive); err != nil {
			return err
		}
	}
}

// Send has one connection send its next request, without waiting for the answer.
func (l *Loop) Send(i int) error { return l.send(l.conns[i]) }

// Broadcasts is how many broadcasts a connection has received.
func (l *Loop) Broadcasts(i int) int { return l.conns[i].broadcasts }
