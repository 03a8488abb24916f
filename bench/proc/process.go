// Package proc starts the processes that a benchmark compares, each pinned to one
// core, and reads from the kernel what they use: CPU time in nanoseconds and
// resident memory. Linux only.
package proc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 20 * time.Second
)

// Process is a child process.
type Process struct {
	Name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // its standard output; closed at the end
	errs  tail
}

// Start runs a program on one core. Its standard output is read by Line; errors show
// the end of its standard error.
func Start(name string, core int, path string, args ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(path, args...), lines: make(chan string, 64)}
	// No server may survive a benchmark that is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = &p.errs
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p.in = in
	if err := startPinned(core, p.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { // Stop and Output wait for it
		defer close(p.lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 16<<20)
		for s.Scan() {
			p.lines <- s.Text()
		}
	}()
	return p, nil
}

// Line is the next line of the process's standard output.
func (p *Process) Line(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", fmt.Errorf("%s ended: %s", p.Name, p.errs.String())
		}
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s prints nothing: %w\n%s", p.Name, ctx.Err(), p.errs.String())
	}
}

// Listening waits for the line with which a server says where it listens, and
// returns what follows the prefix.
func (p *Process) Listening(ctx context.Context, prefix string) (string, error) {
	return p.Await(ctx, startLimit, prefix)
}

// Await waits for a line with a prefix and returns what follows it.
func (p *Process) Await(ctx context.Context, limit time.Duration, prefix string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		line, err := p.Line(ctx)
		if err != nil {
			return "", err
		}
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest), nil
		}
	}
}

// Stderr is the end of what the process wrote to its standard error.
func (p *Process) Stderr() string { return p.errs.String() }

// Tell writes a line to the process's standard input.
func (p *Process) Tell(line string) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.Name, err)
	}
	return nil
}

// Terminate sends SIGTERM.
func (p *Process) Terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("terminate %s: %w", p.Name, err)
	}
	return nil
}

// Stop ends the process with SIGTERM, and with SIGKILL if that takes too long.
func (p *Process) Stop() error {
	if p == nil || p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.in.Close() // baselines and crowds stop at its end
	if err := p.Terminate(); err != nil {
		return err
	}
	force := time.AfterFunc(stopLimit, func() { _ = p.cmd.Process.Kill() })
	defer force.Stop()
	for range p.lines { // a full pipe would hold it up
	}
	_ = p.cmd.Wait() // the status of a process that was told to stop is no result
	return nil
}

// Output is what the process prints until it ends.
func (p *Process) Output(ctx context.Context) (string, error) {
	var b strings.Builder
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return b.String(), nil
			}
			b.WriteString(line + "\n")
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not end: %w\n%s", p.Name, ctx.Err(), p.errs.String())
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(p)
	if over := t.b.Len() - tailSize; over > 0 {
		t.b.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
