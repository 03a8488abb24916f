package main

import (
	"drumroll/internal/selftest"
	"drumroll/web/overload"
)

// socketsFor is how many sockets a node takes that may have so many files open: as
// many as its self-test says.
func socketsFor(files int) int {
	if files == 0 {
		return overload.MaxSockets
	}
	return min(overload.MaxSockets, selftest.SocketsFor(files))
}
