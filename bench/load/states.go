package load

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

var stateStart = []byte(`{"t":"state"`)

const statesApart = 300 * time.Millisecond

// States triggers states one after the other and measures when each connection
// has been sent each, from its trigger.
func (l *Loop) States(rounds int, trigger func(k int) error) (*Histogram, error) {
	h := new(Histogram)
	for k := range rounds {
		missing := len(l.conns)
		seen := make(map[*conn]bool, missing)
		begin := l.now()
		// The host is another: what comes while it waits for its answer is read then.
		failed := make(chan error, 1)
		go func() { failed <- trigger(k) }()
		for told := false; missing > 0 || !told; {
			err := l.poll(10*time.Millisecond, func(c *conn, _ Kind, frame []byte) {
				if _, _, payload := Frame(frame); bytes.HasPrefix(payload, stateStart) && !seen[c] {
					seen[c] = true
					missing--
					h.Add(time.Duration(l.now() - begin))
				}
			})
			if !told {
				select {
				case e := <-failed:
					told, err = true, errors.Join(err, e)
				default:
				}
			}
			if err != nil {
				return nil, err
			}
			if l.now()-begin > int64(deliveryLimit) {
				return nil, fmt.Errorf("%d of %d connections were not sent a state within %v", missing, len(l.conns), deliveryLimit)
			}
		}
		if err := l.Listen(statesApart); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Narrow has the kernel take little for a connection that is not read.
func Narrow(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4096); err != nil {
		return fmt.Errorf("receive buffer: %w", err)
	}
	return nil
}
