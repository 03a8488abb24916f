package proc

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a redis-server without snapshots, with an append-only file.
type Redis struct {
	*Process
	Addr string // host:port
}

// StartRedis starts a redis-server with its files in dir. fsync is everysec or
// always.
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
	p, err := Start("redis-server ("+fsync+")", core, path, "--port", fmt.Sprint(addr.Port), "--bind", "127.0.0.1", "--dir", dir,
		"--logfile", filepath.Join(dir, "redis.log"), "--save", "", "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0")
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr.String(), MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for client.Ping(ctx).Err() != nil {
		if ctx.Err() != nil {
			_ = p.Stop()
			return nil, fmt.Errorf("redis-server does not answer: %w", ctx.Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return &Redis{p, addr.String()}, nil
}
