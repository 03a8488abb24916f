package baseline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"
)

// Config says which server to run.
type Config struct {
	Name    string // noop, synchronous, centrifuge, writes or echo
	Redis   string // host:port, for synchronous
	Payload int    // bytes of a broadcast, for centrifuge and writes
}

// Serve runs one server until in ends. For centrifuge and writes each line of in
// asks for one broadcast, or "collect" for a collection of garbage.
func Serve(cfg Config, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	failed := make(chan error, 1)
	var broadcast func() error
	switch cfg.Name {
	case "noop":
		go func() { failed <- serveHTTP(l, noop()) }()
	case "synchronous":
		s := newSynchronous(cfg.Redis)
		defer s.close()
		if err := s.ping(); err != nil {
			return err
		}
		go func() { failed <- serveHTTP(l, s.routes()) }()
	case "centrifuge":
		c, err := newChannel(payload(cfg.Payload))
		if err != nil {
			return err
		}
		defer c.close(context.Background())
		broadcast = c.publish
		go func() { failed <- serveHTTP(l, c.routes()) }()
	case "writes":
		w := &writes{frame: frame(payload(cfg.Payload))}
		broadcast = w.all
		go func() { failed <- accept(l, w.add) }()
	case "echo":
		go func() { failed <- accept(l, func(c net.Conn) { go echo(c) }) }()
	default:
		return fmt.Errorf("there is no baseline %q", cfg.Name)
	}
	if _, err := fmt.Fprintln(out, "listening on", l.Addr()); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	ended := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			switch {
			case lines.Text() == "collect":
				runtime.GC()
			case broadcast != nil:
				if err := broadcast(); err != nil {
					ended <- err
					return
				}
			}
		}
		ended <- lines.Err()
	}()
	select {
	case err = <-ended:
		return err
	case err = <-failed:
		return err
	}
}

// serveHTTP has the same limits as drumroll's server: each costs a little.
func serveHTTP(l net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	return s.Serve(l)
}

func accept(l net.Listener, taken func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		taken(c)
	}
}
