//go:build e2e

package faults

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"drumroll/internal/nodetest"
)

// node is the binary on an address that stays the same over kills and restarts.
// Its methods are for the test's own goroutine, but for URL and inFlight.
type node struct {
	nodetest.Node
	t  *testing.T
	no int

	inFlight atomic.Int64 // entries sent to it and not answered
}

// newNode starts node no of a run; args are all but its address.
func newNode(t *testing.T, dir string, no int, args []string) *node {
	t.Helper()
	n := &node{t: t, no: no, Node: nodetest.Node{Args: args, Log: filepath.Join(dir, fmt.Sprintf("node-%d.log", no))}}
	n.start()
	t.Cleanup(n.Kill)
	return n
}

// start starts the process and returns once it accepts connections.
func (n *node) start() {
	n.t.Helper()
	if err := n.Start(); err != nil {
		n.t.Fatalf("node %d: %v\n%s", n.no, err, nodetest.Tail(n.Said(), 2000))
	}
}

func (n *node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.Signal(s); err != nil {
		n.t.Fatalf("%v to node %d: %v", s, n.no, err)
	}
}
