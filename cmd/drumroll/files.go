package main

import (
	"drumroll/internal/selftest"
	"drumroll/web/overload"
)

// socketsFor is how many sockets a node takes that may have so many files open: as
// many as its self-test says.
func socketsFor(files uint64) int {
	if files == 0 || files > 2*overload.MaxSockets {
		return overload.MaxSockets
	}
	return min(overload.MaxSockets, selftest.SocketsFor(int(files)))
}
