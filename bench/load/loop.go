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

// The kinds of message. The first three answer a request.
const (
	Accepted  Kind = iota // the request was carried out
	Refused               // come again later
	Failed                // an error, or nonsense
	Broadcast             // what everybody is sent
	Other
)

// Wire is the protocol of one connection.
type Wire interface {
	// Next returns the bytes of the next request, valid until the next call.
	Next() []byte
	// Split finds the first whole message in data and its length, which is 0 as
	// long as the message is incomplete.
	Split(data []byte) (length int, kind Kind)
}

type conn struct {
	fd         int
	index      int // in the loop
	wire       Wire
	partial    []byte // the start of a message
	unsent     []byte // the rest of a request that the socket did not take
	waiting    bool   // for an answer
	sent       int64  // when the last request was sent, in ns since the loop's start
	broadcasts int    // received since the count was reset
}

// receiver is handed each message that arrives.
type receiver func(c *conn, kind Kind, message []byte)

func ignore(*conn, Kind, []byte) {}

// Loop drives connections. Only one goroutine may use it.
type Loop struct {
	epoll  int
	conns  []*conn
	start  time.Time
	events [512]unix.EpollEvent
	buf    [128 << 10]byte
}

// NewLoop returns a loop without connections.
func NewLoop() (*Loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Loop{epoll: fd, start: time.Now()}, nil
}

// Close closes all connections.
func (l *Loop) Close() {
	for _, c := range l.conns {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(l.epoll)
	l.conns = nil
}

// Add takes over a socket whose handshake is done; early is what has been read
// from it already. If Add fails, the socket is closed.
func (l *Loop) Add(fd int, wire Wire, early []byte) error {
	c := &conn{fd: fd, index: len(l.conns), wire: wire, partial: append([]byte(nil), early...)}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.index)}
	err := unix.SetNonblock(fd, true)
	if err == nil {
		err = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev)
	}
	if err != nil {
		_ = unix.Close(fd)
		return fmt.Errorf("add a connection: %w", err)
	}
	l.conns = append(l.conns, c)
	l.split(c, nil, ignore)
	return nil
}

func (l *Loop) now() int64 { return int64(time.Since(l.start)) }

// poll waits up to wait for messages and hands each to receive.
func (l *Loop) poll(wait time.Duration, receive receiver) error {
	n, err := epollWait(l.epoll, l.events[:], wait)
	if err != nil {
		return err
	}
	for _, ev := range l.events[:n] {
		c := l.conns[ev.Fd]
		if ev.Events&unix.EPOLLOUT != 0 {
			if err := l.flush(c); err != nil {
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
		l.split(c, l.buf[:m], receive)
	}
	return nil
}

// split cuts what was read into messages.
func (l *Loop) split(c *conn, data []byte, receive receiver) {
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
			c.broadcasts++
		}
		receive(c, kind, data[:n])
		data = data[n:]
	}
	switch {
	case len(data) > 0:
		c.partial = append(c.partial[:0], data...)
	case c.partial != nil:
		c.partial = nil // thousands of buffers add up
	}
}

// send sends the connection's next request.
func (l *Loop) send(c *conn) error {
	c.waiting, c.sent = true, l.now()
	c.unsent = c.wire.Next()
	return l.flush(c)
}

func (l *Loop) flush(c *conn) error {
	if len(c.unsent) == 0 { // a wake-up for writing, with nothing left
		return l.awaitWritable(c, false)
	}
	for len(c.unsent) > 0 {
		n, err := unix.Write(c.fd, c.unsent)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return l.awaitWritable(c, true)
		case err != nil:
			return fmt.Errorf("write: %w", err)
		}
		c.unsent = c.unsent[n:]
	}
	return nil
}

func (l *Loop) awaitWritable(c *conn, on bool) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.index)}
	if on {
		ev.Events |= unix.EPOLLOUT
	}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.fd, &ev); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// epollWait is epoll_pwait2(2), whose timeout is finer than a millisecond.
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
