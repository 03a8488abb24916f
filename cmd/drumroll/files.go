package main

const (
	mostSockets = 200_000
	// Files that sockets leave to requests, the host's among them, to logs and to
	// Redis: a node whose files are all taken by phones answers nobody any more.
	spareFiles = 1024
)

// socketsFor is how many sockets a node takes that may have so many files open.
func socketsFor(files uint64) int {
	switch {
	case files == 0 || files > mostSockets+spareFiles:
		return mostSockets
	case files < 2*spareFiles:
		return int(max(1, files/2))
	}
	return int(files - spareFiles)
}
