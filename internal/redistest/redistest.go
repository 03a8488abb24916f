// Package redistest runs real Redis servers for tests, on free ports of the loopback and
// each in a folder of its own. A server stops when its test ends.
package redistest

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startLimit bounds the wait for a server that starts.
const startLimit = 20 * time.Second

// Server is one redis-server. Its methods are for the test's own goroutine.
type Server struct {
	port   int
	dir    string
	args   []string // what differs from a plain server
	cmd    *exec.Cmd
	output *bytes.Buffer
}

// Start starts a server and waits until it answers. Settings alternate names and values,
// as in redis.conf: Start(t, "appendfsync", "everysec"). Without them the server keeps an
// append-only file that is synced at each write, so Kill loses nothing.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	args := []string{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}
	for i := 0; i < len(settings); i += 2 {
		args = append(args, "--"+settings[i], settings[i+1])
	}
	return start(t, &Server{port: FreePort(t), dir: t.TempDir(), args: args})
}

// StartSentinel starts a Sentinel that knows the server as the master of a name.
func StartSentinel(t testing.TB, name string, master *Server) *Server {
	t.Helper()
	return startSentinel(t, fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 1\n", name, master.port))
}

func startSentinel(t testing.TB, settings string) *Server {
	t.Helper()
	s := &Server{port: FreePort(t), dir: t.TempDir()}
	config := filepath.Join(s.dir, "sentinel.conf")
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{config, "--sentinel"}
	return start(t, s)
}

func start(t testing.TB, s *Server) *Server {
	t.Helper()
	s.launch(t)
	t.Cleanup(s.Kill)
	return s
}

// Addr is the server's host:port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL is the server's address as redis://host:port.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Dir is the folder in which the server keeps its files.
func (s *Server) Dir() string { return s.dir }

// Kill ends the server with SIGKILL, if it runs, and waits for its end.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended by itself
	_ = s.cmd.Wait()         // and this then says how
	s.cmd = nil
}

// Pause stops the server with SIGSTOP: connections stay open, and it does not answer.
// Resume lets it go on.
func (s *Server) Pause(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Server) Resume(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("%v to redis-server: %v", sig, err)
	}
}

// Set changes a setting of the running server.
func (s *Server) Set(t testing.TB, name, value string) {
	t.Helper()
	if reply, err := s.sendCommand("CONFIG SET " + name + " " + value); err != nil || reply != "+OK" {
		t.Fatalf("CONFIG SET %s %s: %q, %v", name, value, reply, err)
	}
}

// Stop shuts the server down in the normal way and waits for its end.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	// It closes the connection instead of answering.
	if _, err := s.sendCommand("SHUTDOWN"); err == nil {
		t.Fatalf("redis-server refused to stop\n%s", s.output)
	}
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Restart starts the server again after a Kill or a Stop, on the same port and
// folder.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	s.launch(t)
}

func (s *Server) launch(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("these tests need a real redis-server on the PATH (Debian: apt install redis-server): %v", err)
	}
	// A configuration file has to come first.
	args := append(slices.Clone(s.args), "--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--dir", s.dir)
	s.output = new(bytes.Buffer)
	s.cmd = exec.Command(path, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	for deadline := time.Now().Add(startLimit); ; time.Sleep(5 * time.Millisecond) {
		reply, err := s.sendCommand("PING")
		if err == nil && reply == "+PONG" {
			return
		}
		if time.Now().After(deadline) {
			s.Kill()
			t.Fatalf("redis-server does not answer (%q, %v)\n%s", reply, err, s.output)
		}
	}
}

// sendCommand sends an inline command and returns the first line of the reply.
func (s *Server) sendCommand(command string) (string, error) {
	c, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}

// FreePort finds a port of this machine that nothing listens on, and neither on the one
// that is 10,000 higher, which a Cluster's nodes use among themselves. Both are below the
// ports that the kernel gives away by itself, so that no connection takes them before the
// server starts.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 200 {
		if port := 10_000 + rand.IntN(10_000); isFree(port) && isFree(port+10_000) {
			return port
		}
	}
	t.Fatal("no free port from 10,000 to 20,000")
	return 0
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	return err == nil && l.Close() == nil
}
