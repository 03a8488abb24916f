//go:build !unix

package socket

// Elsewhere a goroutine finishes each write.
const canWriteRaw = false

func (c *Conn) writeOnce(uintptr) bool { return true }
