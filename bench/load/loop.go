package load

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Kind tells what a message from the server is.
type Kind uint8

// The kinds of message.
const (
	Accepted  Kind = iota // the answer to a request: it was done
	Refused               // the answer to a request: come again later
	Failed                // the answer to a request: an error, or nonsense
	Broadcast             // what all are sent
	Aside                 // anything else
)

// Wire is one connection's protocol.
type Wire interface {
	// Next is the bytes of the next request, valid until the call after.
	Next() []byte
	// Split finds the first whole message in data and its length; 0 while the
	// message has not come whole.
	Split(data []byte) (length int, kind Kind)
}

type conn struct {
	fd      int
	wire    Wire
	partial []byte // the start of a message
	rest    []byte // of a request, when the socket took no more
	waiting bool   // for an answer
	due     int64  // when the request was due, in ns since the loop's start
	got     int    // broadcasts
}

// Loop drives connections. Its methods are for one goroutine.
type Loop struct {
	Patience time.Duration // how long a phone waits for an answer

	epoll  int
	conns  []*conn
	start  time.Time
	events [512]unix.EpollEvent
	buf    [128 << 10]byte
	lost   error // the first connection's end, if any
}

// NewLoop returns a loop without connections.
func NewLoop() (*Loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Loop{Patience: patience, epoll: fd, start: time.Now()}, nil
}

// Close closes all connections.
func (l *Loop) Close() {
	for _, c := range l.conns {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(l.epoll)
	l.conns = nil
}

// Len is the number of connections.
func (l *Loop) Len() int { return len(l.conns) }

// Add takes over a socket on which handshakes are done; early is what has been
// read of it already.
func (l *Loop) Add(fd int, wire Wire, early []byte) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("add a connection: %w", err)
	}
	c := &conn{fd: fd, wire: wire, partial: append([]byte(nil), early...)}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(len(l.conns))}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("add a connection: %w", err)
	}
	l.conns = append(l.conns, c)
	l.take(c, nil, func(*conn, Kind, []byte) {})
	return nil
}

func (l *Loop) now() int64 { return int64(time.Since(l.start)) }

// poll waits up to wait for messages and hands each to got.
func (l *Loop) poll(wait time.Duration, got func(*conn, Kind, []byte)) error {
	n, err := epollWait(l.epoll, l.events[:], wait)
	if err != nil {
		return err
	}
	for _, ev := range l.events[:n] {
		c := l.conns[ev.Fd]
		if ev.Events&unix.EPOLLOUT != 0 {
			if err := l.flush(c, int(ev.Fd)); err != nil {
				return err
			}
		}
		if ev.Events&^unix.EPOLLOUT == 0 {
			continue
		}
		m, err := unix.Read(c.fd, l.buf[:])
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("read: %w", err)
		case m == 0:
			return errors.New("the server closed a connection")
		}
		l.take(c, l.buf[:m], got)
	}
	return l.lost
}

// take splits what was read into messages.
func (l *Loop) take(c *conn, data []byte, got func(*conn, Kind, []byte)) {
	if len(c.partial) > 0 {
		c.partial = append(c.partial, data...)
		data = c.partial
	}
	for len(data) > 0 {
		n, kind := c.wire.Split(data)
		if n == 0 {
			break
		}
		if kind == Broadcast {
			c.got++
		}
		got(c, kind, data[:n])
		data = data[n:]
	}
	switch {
	case len(data) > 0:
		c.partial = append(c.partial[:0], data...)
	case c.partial != nil:
		c.partial = nil // 15,000 of them add up
	}
}

// send sends the connection's next request.
func (l *Loop) send(c *conn, index int, due int64) error {
	c.waiting, c.due = true, due
	c.rest = c.wire.Next()
	return l.flush(c, index)
}

func (l *Loop) flush(c *conn, index int) error {
	had := c.rest
	for len(c.rest) > 0 {
		n, err := unix.Write(c.fd, c.rest)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return l.wantWrite(c, index, true)
		case err != nil:
			return fmt.Errorf("write: %w", err)
		}
		c.rest = c.rest[n:]
		if len(c.rest) > 0 {
			continue
		}
	}
	if len(had) == 0 { // a wake-up for writing, with nothing left
		return l.wantWrite(c, index, false)
	}
	return nil
}

func (l *Loop) wantWrite(c *conn, index int, on bool) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(index)}
	if on {
		ev.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.fd, &ev); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// epollWait is epoll_pwait2(2), whose time-out is finer than a millisecond.
func epollWait(fd int, events []unix.EpollEvent, wait time.Duration) (int, error) {
	ts := unix.NsecToTimespec(int64(max(wait, 0)))
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)),
		uintptr(unsafe.Pointer(&ts)), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, fmt.Errorf("epoll: %w", errno)
}
