//go:build unix

package socket

import (
	"errors"
	"runtime"
	"syscall"
)

const rawIO = true

// readAll reads until the connection is over. It stays within one call of the
// connection's RawConn, so that its poller remembers what arrives while messages
// are handled: a read that the kernel did not fill has emptied it, and no second
// one has to find that out.
func (c *Conn) readAll() {
	if c.raw == nil {
		c.readBlocking()
		return
	}
	_ = c.raw.Read(c.readable) // whatever ends it, the connection is over
}

// readable takes what the kernel has. It reports true where the connection is
// over, else it is called again when there is more. It runs under the descriptor's
// own lock: closing the connection waits for it, so that nothing called from
// here may do so (see killLocked).
func (c *Conn) readable(fd uintptr) (over bool) {
	for {
		over, more := c.readOnce(int(fd))
		if !more {
			return over
		}
		if c.cut() {
			return true
		}
		// One that sends without end is no reason for the others to wait.
		runtime.Gosched()
	}
}

// readOnce takes one buffer full; more tells that there may be.
func (c *Conn) readOnce(fd int) (over, more bool) {
	buffer := readBuffers.Get().(*[]byte)
	defer readBuffers.Put(buffer)
	buf := *buffer
	for {
		held := copy(buf, c.in.held)
		n, err := syscall.Read(fd, buf[held:])
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false, false
		case err != nil, n == 0:
			return true, false
		}
		if c.handle(buf[:held+n]) {
			return true, false
		}
		// The end of the peer's stream, should it have come along with its last
		// bytes, shows at the next write at the latest.
		return false, held+n == len(buf)
	}
}

// writeOnce hands c.out to the kernel as far as it takes it at once. It runs
// under the connection's own lock on its descriptor, and always reports that it
// is done, so that net never waits here.
func (c *Conn) writeOnce(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), c.out)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
		case err != nil:
			c.outErr = err
		default:
			c.outCount = n
		}
		return true
	}
}
