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

	"golang.org/x/sys/unix"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 20 * time.Second
)

// Process is a child that was started for a measurement.
type Process struct {
	Name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // its standard output
	errs  tail
}

// Start runs a program on one core. Its standard output is read by Line, what it
// says on standard error is shown by errors.
func Start(name string, core int, path string, args ...string) (*Process, error) {
	p := &Process{Name: name, cmd: exec.Command(path, args...), lines: make(chan string, 64)}
	// A benchmark that is killed must not leave servers behind.
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
	if err := pinned(core, p.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
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
		return "", fmt.Errorf("%s says nothing: %w\n%s", p.Name, ctx.Err(), p.errs.String())
	}
}

// Ready waits for the line by which a server says where it listens, and returns
// what follows the prefix.
func (p *Process) Ready(ctx context.Context, prefix string) (string, error) {
	return p.Await(ctx, startLimit, prefix)
}

// Said is the end of what the process said on standard error.
func (p *Process) Said() string { return p.errs.String() }

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

// Tell writes a line to the process's standard input.
func (p *Process) Tell(line string) error {
	_, err := io.WriteString(p.in, line+"\n")
	if err != nil {
		return fmt.Errorf("tell %s: %w", p.Name, err)
	}
	return nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Stop ends the process in good order, and by force where it does not take it.
func (p *Process) Stop() error {
	if p == nil || p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.in.Close() // what reads it sees the end
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.Name, err)
	}
	force := time.AfterFunc(stopLimit, func() { _ = p.cmd.Process.Kill() })
	defer force.Stop()
	for range p.lines { // so that it is not held up by a full pipe
	}
	_ = p.cmd.Wait() // how a server ended that was told to is no result
	return nil
}

// End asks the process to end; Rest then waits for it.
func (p *Process) End() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", p.Name, err)
	}
	return nil
}

// Rest is what the process says on its standard output until it ends.
func (p *Process) Rest(ctx context.Context) (string, error) {
	var b strings.Builder
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return b.String(), nil
			}
			b.WriteString(line)
			b.WriteByte('\n')
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not end: %w\n%s", p.Name, ctx.Err(), p.errs.String())
		}
	}
}

// CPU is what the process has used of CPU time since it started, user and
// system, all threads, also those that ended (clock_getcpuclockid(3)).
func (p *Process) CPU() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^p.Pid())<<3|2, &ts); err != nil {
		return 0, fmt.Errorf("CPU time of %s: %w", p.Name, err)
	}
	return time.Duration(ts.Nano()), nil
}

// OwnCPU is what this process has used: what it took on a core that it had to
// share.
func OwnCPU() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return 0, fmt.Errorf("CPU time: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}

// tail keeps the last of what is written to it.
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
