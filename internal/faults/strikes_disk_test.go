//go:build e2e

package faults

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// fillDisk takes the node's room to write, as a full disk does, and gives it back:
// its files may not grow beyond what the log has now.
func fillDisk(r *run) {
	n := r.nodes[0]
	r.strikes(n)
	info, err := os.Stat(filepath.Join(r.store.dir, "events", r.crowd.code+".log"))
	if err != nil {
		r.t.Fatal(err)
	}
	pid := n.Pid()
	var old unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &old); err != nil {
		r.t.Fatalf("limit of files: %v", err)
	}
	// The file grows in large steps; what it has is not all used.
	full := unix.Rlimit{Cur: uint64(info.Size()) / 2, Max: old.Max}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &full, nil); err != nil {
		r.t.Fatalf("limit the size of files: %v", err)
	}
	r.moment(r.scale.hold)
	refused := r.refusing(n)
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &old, nil); err != nil {
		r.t.Fatalf("limit of files: %v", err)
	}
	if !refused {
		r.fail("accepting", "the disk was full and the node took entries")
	}
	r.accepting(time.Now())
}
