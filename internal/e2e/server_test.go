//go:build e2e

package e2e

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"drumroll/internal/redistest"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 30 * time.Second
)

// server is the binary on an address and a log of its own, which stay the same
// over kills and restarts.
type server struct {
	t     *testing.T
	addr  string // host:port; before the first start with port 0
	data  string // folder of the embedded log
	redis *redistest.Server
	flags []string
	front *balancer // what clients speak to, if there is one
	kin   []*server // the other nodes behind it

	cmd    *exec.Cmd
	ended  chan exit // how it ended, once
	stderr *buffer
}

// exit is how a process ended; err is nil for status 0.
type exit struct{ err error }

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
	s := &server{t: t, addr: "127.0.0.1:0", data: t.TempDir(), flags: flags, stderr: &buffer{}}
	s.launch()
	t.Cleanup(s.finish)
	return s
}

func startOnRedis(t *testing.T, flags ...string) *server {
	t.Helper()
	return startNode(t, redistest.Start(t), flags...)
}

// startNode starts one node on a Redis that others may share.
func startNode(t *testing.T, redis *redistest.Server, flags ...string) *server {
	t.Helper()
	s := &server{t: t, addr: "127.0.0.1:0", data: t.TempDir(), redis: redis, flags: flags, stderr: &buffer{}}
	s.launch()
	t.Cleanup(s.finish)
	return s
}

// host is where clients reach it, as host:port.
func (s *server) host() string {
	if s.front != nil {
		return s.front.addr
	}
	return s.addr
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
	args := append([]string{"--addr", s.addr, "--data", s.data, "--admin-addr="}, s.flags...)
	if s.redis != nil {
		args = append(args, "--redis", s.redis.URL())
	}
	s.cmd = exec.Command(os.Getenv("DRUMROLL_E2E_BINARY"), args...)
	s.cmd.Stderr = s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	first := make(chan string, 1)
	s.ended = make(chan exit, 1)
	go func(cmd *exec.Cmd, ended chan<- exit) {
		out := bufio.NewReader(stdout)
		line, _ := out.ReadString('\n')
		first <- line
		_, _ = io.Copy(io.Discard, out)
		ended <- exit{cmd.Wait()}
	}(s.cmd, s.ended)
	select {
	case line := <-first:
		addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
		if !ok {
			s.t.Fatalf("the first line on stdout is %q\nstderr:\n%s", line, s.stderr)
		}
		if s.addr != addr { // clients may be reading it: after the first start it stays
			s.addr = addr
		}
	case <-time.After(startLimit):
		s.kill()
		s.t.Fatalf("the server did not say that it listens\nstderr:\n%s", s.stderr)
	}
}

// kill ends the server and its kin with SIGKILL and waits until they are gone.
func (s *server) kill() {
	for _, k := range s.kin {
		k.kill()
	}
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	s.cmd = nil
}

// stop ends the server and its kin with SIGTERM and checks that each drained and
// exited with 0.
func (s *server) stop() {
	s.t.Helper()
	for _, k := range s.kin {
		k.stop()
	}
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal the server: %v", err)
	}
	select {
	case end := <-s.ended:
		s.cmd = nil
		if end.err != nil {
			s.t.Errorf("the server did not end well: %v", end.err)
		}
	case <-time.After(stopLimit):
		// Its goroutines say where it hangs.
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.ended
		s.cmd = nil
		s.t.Errorf("the server did not end within %v of SIGTERM:\n%s", stopLimit, s.stderr)
	}
}

func (s *server) finish() {
	s.stop()
	log := s.stderr.String()
	if strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") {
		s.t.Errorf("the server's log has a race or a panic:\n%s", log)
	} else if s.t.Failed() {
		s.t.Logf("the server's log:\n%s", tail(log, 4000))
	}
}

func tail(text string, n int) string {
	if len(text) > n {
		return "…" + text[len(text)-n:]
	}
	return text
}
