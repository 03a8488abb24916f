package baseline

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Config selects the server.
type Config struct {
	Name    string // noop, synchronous, centrifuge, writes or echo
	Redis   string // host:port, for synchronous
	Payload int    // bytes of a broadcast, for centrifuge and writes
}

// Serve runs one server until in ends.
func Serve(cfg Config, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer l.Close()
	var serve func() error
	switch cfg.Name {
	case "noop":
		serve = func() error { return serveHTTP(l, noop()) }
	case "synchronous":
		s, err := newSynchronous(cfg.Redis)
		if err != nil {
			return err
		}
		defer s.close()
		serve = func() error { return serveHTTP(l, s.routes()) }
	case "centrifuge":
		node, routes, err := newCentrifuge(payload(cfg.Payload))
		if err != nil {
			return err
		}
		defer func() { _ = node.Shutdown(context.Background()) }() // the process ends with it
		serve = func() error { return serveHTTP(l, routes) }
	case "writes":
		w := &writes{frame: frame(payload(cfg.Payload))}
		serve = func() error { return acceptAll(l, w.serve) }
	case "echo":
		serve = func() error { return acceptAll(l, echo) }
	default:
		return fmt.Errorf("there is no baseline %q", cfg.Name)
	}
	if _, err := fmt.Fprintln(out, "listening on", l.Addr()); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	ended := make(chan error, 2)
	go func() { ended <- serve() }()
	go func() {
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	return <-ended
}

// serveHTTP has the same limits as Drumroll's server, for each costs a little.
func serveHTTP(l net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	return s.Serve(l)
}

func acceptAll(l net.Listener, serve func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go serve(c)
	}
}
