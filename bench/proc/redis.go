package proc

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"
)

// Redis is a redis-server of its own, without snapshots, with an append-only
// file in a folder that is given.
type Redis struct {
	*Process
	Addr string
}

// StartRedis starts one; fsync is everysec or always.
func StartRedis(ctx context.Context, core int, dir, fsync string) (*Redis, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("a redis-server must be on the PATH (Debian: apt install redis-server): %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a free port: %w", err)
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("a free port: %w", err)
	}
	p, err := Start("redis-server ("+fsync+")", core, path, "--port", fmt.Sprint(addr.Port), "--bind", "127.0.0.1",
		"--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0")
	if err != nil {
		return nil, err
	}
	go func() { // what it logs is nobody's business, but must not fill the pipe
		for range p.lines {
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if ping(addr.String()) == nil {
			return &Redis{p, addr.String()}, nil
		}
		select {
		case <-ctx.Done():
			_ = p.Stop()
			return nil, fmt.Errorf("redis-server does not answer: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func ping(addr string) error {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "+PONG") {
		return fmt.Errorf("it says %q", line)
	}
	return nil
}
