package main

import (
	"drumroll/internal/selftest"
	"drumroll/web"
)

// socketsFor is how many sockets a node takes that may have so many files open: as
// many as its self-test says.
func socketsFor(files uint64) int {
	if files == 0 || files > 2*web.MaxSockets {
		return web.MaxSockets
	}
	return min(web.MaxSockets, selftest.SocketsFor(int(files)))
}
