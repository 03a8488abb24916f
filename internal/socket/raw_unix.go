//go:build unix

package socket

import (
	"errors"
	"syscall"
)

const canWriteRaw = true

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
