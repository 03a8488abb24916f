//go:build e2e

package faults

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 30 * time.Second
)

// node is the binary on an address that stays the same over kills and restarts.
// Its methods are for the test's own goroutine, but for addr and inFlight.
type node struct {
	t    *testing.T
	no   int
	args []string // all but --addr
	log  string   // the file that takes what it says on stderr
	addr string   // host:port; set by the first start

	inFlight atomic.Int64 // entries sent to it and not answered

	cmd   *exec.Cmd
	ended chan exit // how it ended, once
}

// exit is how a process ended; err is nil for status 0.
type exit struct{ err error }

// start starts the process and returns once it accepts connections.
func (n *node) start() {
	n.t.Helper()
	for deadline := time.Now().Add(startLimit); ; time.Sleep(50 * time.Millisecond) {
		err := n.launch()
		if err == nil {
			return
		}
		// A client's own end of a connection may have taken the port meanwhile.
		if !strings.Contains(n.said(), "address already in use") || time.Now().After(deadline) {
			n.t.Fatalf("node %d: %v\n%s", n.no, err, tail(n.said(), 2000))
		}
	}
}

func (n *node) launch() error {
	addr := n.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	stderr, err := os.OpenFile(n.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }() // the process has its own
	n.cmd = exec.Command(os.Getenv(binaryVariable), append([]string{"--addr", addr, "--admin-addr="}, n.args...)...)
	n.cmd.Stderr = stderr
	stdout, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	first := make(chan string, 1)
	n.ended = make(chan exit, 1)
	go func(cmd *exec.Cmd, ended chan<- exit) {
		out := bufio.NewReader(stdout)
		line, _ := out.ReadString('\n')
		first <- line
		_, _ = io.Copy(io.Discard, out)
		ended <- exit{cmd.Wait()}
	}(n.cmd, n.ended)
	select {
	case line := <-first:
		addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
		if !ok {
			n.kill()
			return fmt.Errorf("the first line on stdout is %q", line)
		}
		if n.addr == "" {
			n.addr = addr
		}
		return nil
	case <-time.After(startLimit):
		n.kill()
		return errors.New("the node does not say that it listens")
	}
}

func (n *node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Fatalf("%v to node %d: %v", s, n.no, err)
	}
}

// kill ends the process with SIGKILL, if it runs, and waits until it is gone.
func (n *node) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	<-n.ended
	n.cmd = nil
}

// leave ends the process with SIGTERM; the error says that it did not end well.
func (n *node) leave() error {
	if n.cmd == nil {
		return nil
	}
	n.signal(syscall.SIGTERM)
	select {
	case end := <-n.ended:
		n.cmd = nil
		return end.err
	case <-time.After(stopLimit):
		// Its goroutines say where it hangs.
		n.signal(syscall.SIGQUIT)
		<-n.ended
		n.cmd = nil
		return fmt.Errorf("not gone within %v of SIGTERM", stopLimit)
	}
}

func (n *node) said() string {
	text, err := os.ReadFile(n.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// trouble is the part of the node's log that no run may cause, or "".
func (n *node) trouble() string {
	text := []byte(n.said())
	for _, word := range []string{"DATA RACE", "panic:", "panicked", "fatal error:"} {
		if at := bytes.Index(text, []byte(word)); at >= 0 {
			return tail(string(text[:min(len(text), at+2000)]), 2500)
		}
	}
	return ""
}

func tail(text string, most int) string {
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// logFile is where a run's node logs.
func logFile(dir string, no int) string { return filepath.Join(dir, fmt.Sprintf("node-%d.log", no)) }
