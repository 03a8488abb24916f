//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"drumroll/internal/nodetest"
	"drumroll/internal/redistest"
)

const startLimit = nodetest.StartLimit

// server is the binary on an address and a log of its own, which stay the same
// over kills and restarts.
type server struct {
	t     *testing.T
	node  nodetest.Node
	data  string // folder of the embedded log
	redis *redistest.Server
	front *balancer // what clients speak to, if there is one
	kin   []*server // the other nodes behind it
}

// behind names what clients reach the nodes through, in all tests that do not say
// so themselves: "haproxy", or "" for nothing.
func behind(t *testing.T) string {
	t.Helper()
	name := os.Getenv("DRUMROLL_E2E_BEHIND")
	if name != "" && name != "haproxy" {
		t.Fatalf("DRUMROLL_E2E_BEHIND is %q: want haproxy, or nothing", name)
	}
	return name
}

// onBothLogs runs a test on the embedded log and on Redis.
func onBothLogs(t *testing.T, test func(t *testing.T, s *server)) {
	if behind(t) != "" {
		t.Run("balanced", func(t *testing.T) { test(t, startBalanced(t)) })
		return
	}
	t.Run("embedded", func(t *testing.T) { test(t, startEmbedded(t)) })
	t.Run("redis", func(t *testing.T) { test(t, startOnRedis(t)) })
}

// everyWay is onBothLogs, and always through the balancer too.
func everyWay(t *testing.T, test func(t *testing.T, s *server)) {
	onBothLogs(t, test)
	if behind(t) == "" {
		t.Run("balanced", func(t *testing.T) { test(t, startBalanced(t)) })
	}
}

// startServer starts what most tests need: anything that serves.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	if behind(t) != "" {
		return startBalanced(t, flags...)
	}
	return startEmbedded(t, flags...)
}

func startEmbedded(t *testing.T, flags ...string) *server {
	t.Helper()
	return startNode(t, nil, flags...)
}

func startOnRedis(t *testing.T, flags ...string) *server {
	t.Helper()
	return startNode(t, redistest.Start(t), flags...)
}

// startNode starts one node on a Redis that others may share; nil: on the embedded log.
func startNode(t *testing.T, redis *redistest.Server, flags ...string) *server {
	t.Helper()
	return startBinary(t, "", redis, flags...)
}

// startBinary is startNode with a binary of its own; "": the one that all tests share.
func startBinary(t *testing.T, path string, redis *redistest.Server, flags ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), redis: redis}
	s.node = nodetest.Node{Path: path, Args: append([]string{"--data", s.data}, flags...), Log: filepath.Join(t.TempDir(), "stderr.log")}
	if redis != nil {
		s.node.Args = append(s.node.Args, "--redis", redis.URL())
	}
	s.launch()
	t.Cleanup(s.finish)
	return s
}

// host is where clients reach it, as host:port.
func (s *server) host() string {
	if s.front != nil {
		return s.front.addr
	}
	return s.node.Addr
}

func (s *server) url() string { return "http://" + s.host() }

// start starts it again, with its kin, and returns once clients are served.
func (s *server) start() {
	s.t.Helper()
	s.launch()
	for _, k := range s.kin {
		k.launch()
	}
	if s.front != nil {
		eventually(s.t, startLimit, "the balancer finds a node", s.front.ready)
	}
}

// launch starts the binary and returns once it accepts connections.
func (s *server) launch() {
	s.t.Helper()
	if err := s.node.Start(); err != nil {
		s.t.Fatalf("%v\nstderr:\n%s", err, s.node.Said())
	}
}

// kill ends the server and its kin with SIGKILL and waits until they are gone.
func (s *server) kill() {
	for _, k := range s.kin {
		k.kill()
	}
	s.node.Kill()
}

// stop ends the server and its kin with SIGTERM and checks that each drained and
// exited with 0.
func (s *server) stop() {
	s.t.Helper()
	for _, k := range s.kin {
		k.stop()
	}
	if err := s.node.Leave(); err != nil {
		s.t.Errorf("the server did not end well: %v", err)
	}
}

func (s *server) finish() {
	s.stop()
	if trouble := s.node.Trouble(); trouble != "" {
		s.t.Errorf("the server's log has a race or a panic:\n%s", trouble)
	} else if s.t.Failed() {
		s.t.Logf("the server's log:\n%s", nodetest.Tail(s.node.Said(), 4000))
	}
}
