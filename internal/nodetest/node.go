package nodetest

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// How long a node may take to start, and to end.
const (
	StartLimit = 30 * time.Second
	stopLimit  = 30 * time.Second
)

// Node is the binary on an address that stays the same over kills and restarts. Its methods
// are for one goroutine, but for Said and URL.
type Node struct {
	Args []string // all but --addr; they may overrule --admin-addr=
	Log  string   // the file that takes what it says on stderr
	Addr string   // host:port; set by the first Start
	Path string   // of the binary; "": the one that Main built

	cmd   *exec.Cmd
	ended chan exit // how it ended, once
}

// exit is how a process ended; err is nil for status 0.
type exit struct{ err error }

// URL is where the node serves.
func (n *Node) URL() string { return "http://" + n.Addr }

// Start starts the process and returns once it accepts connections.
func (n *Node) Start() error {
	before := len(n.Said())
	for deadline := time.Now().Add(StartLimit); ; time.Sleep(50 * time.Millisecond) {
		err := n.launch()
		// A client's own end of a connection may have taken the port in the time between.
		if err == nil || !strings.Contains(n.Said()[before:], "address already in use") || time.Now().After(deadline) {
			return err
		}
	}
}

func (n *Node) launch() error {
	addr := n.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	stderr, err := os.OpenFile(n.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }() // the process has its own
	n.cmd = exec.Command(cmp.Or(n.Path, Binary()), append([]string{"--addr", addr, "--admin-addr="}, n.Args...)...)
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
			n.Kill()
			return fmt.Errorf("the first line on stdout is %q", line)
		}
		if n.Addr == "" {
			n.Addr = addr
		}
		return nil
	case <-time.After(StartLimit):
		n.Kill()
		return errors.New("the node does not say that it listens")
	}
}

// Running reports whether the process was started and not ended since.
func (n *Node) Running() bool { return n.cmd != nil }

// Pid is the id of the running process.
func (n *Node) Pid() int { return n.cmd.Process.Pid }

// Kill ends the process with SIGKILL, if it runs, and waits until it is gone.
func (n *Node) Kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	<-n.ended
	n.cmd = nil
}

// Signal sends the running process a signal.
func (n *Node) Signal(s syscall.Signal) error { return n.cmd.Process.Signal(s) }

// Leave ends the process with SIGTERM, if it runs; the error says that it did not drain and
// exit with 0.
func (n *Node) Leave() error {
	if n.cmd == nil {
		return nil
	}
	if err := n.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case end := <-n.ended:
		n.cmd = nil
		return end.err
	case <-time.After(stopLimit):
		_ = n.Signal(syscall.SIGQUIT) // its goroutines say where it hangs
		<-n.ended
		n.cmd = nil
		return fmt.Errorf("not gone within %v of SIGTERM", stopLimit)
	}
}

// Said is what all its processes said on stderr so far.
func (n *Node) Said() string {
	text, err := os.ReadFile(n.Log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err.Error()
	}
	return string(text)
}

// Trouble is the part of what it said that no test may cause: a race or a panic; or "".
func (n *Node) Trouble() string {
	text := n.Said()
	for _, word := range []string{"DATA RACE", "panic:", "panicked", "fatal error:"} {
		if at := strings.Index(text, word); at >= 0 {
			return Tail(text[:min(len(text), at+2000)], 2500)
		}
	}
	return ""
}

// Tail is the end of a text, at most so many bytes of it.
func Tail(text string, most int) string {
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
