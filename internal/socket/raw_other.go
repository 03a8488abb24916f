//go:build !unix

package socket

// Elsewhere a goroutine finishes each write, and reading takes a buffer.
const rawIO = false

func (c *Conn) readAll() { c.readBlocking() }

func (c *Conn) writeOnce(uintptr) bool { return true }
