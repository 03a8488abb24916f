package main

import "drumroll/internal/selftest"

const mostSockets = 200_000

// socketsFor is how many sockets a node takes that may have so many files open: as
// many as its self-test says.
func socketsFor(files uint64) int {
	if files == 0 || files > 2*mostSockets {
		return mostSockets
	}
	return min(mostSockets, selftest.SocketsFor(int(files)))
}
