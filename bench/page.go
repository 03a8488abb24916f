package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"drumroll/bench/load"
	"drumroll/bench/report"
	"drumroll/internal/contract"
)

// firstLoad counts the bytes that a phone receives until it shows the event: its
// page, what the page names, and the socket's first state, with headers.
func firstLoad(ctx context.Context, b *bench) (err error) {
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, contract.Live)
	if err != nil {
		return err
	}
	_, page, err := fetch(d.addr, "/"+s.Code, "identity")
	if err != nil {
		return err
	}
	total := 0
	var parts []string
	paths := []string{"/" + s.Code}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`).FindAllSubmatch(page, -1) {
		paths = append(paths, string(m[1]))
	}
	seen := map[string]bool{}
	for _, path := range paths {
		if seen[path] {
			continue
		}
		seen[path] = true
		size, _, err := fetch(d.addr, path, "gzip, deflate")
		if err != nil {
			return err
		}
		total += size
		parts = append(parts, fmt.Sprintf("%s %d", path, size))
	}
	first, err := s.firstState(ctx)
	if err != nil {
		return err
	}
	b.add(report.Amount("page", "a phone's first load", "KB", firstLoadKB, float64(total+first)/1000).
		With(fmt.Sprintf("%s, the socket's first state %d bytes", strings.Join(parts, ", "), first)))
	return nil
}

// fetch gets a path and returns the number of bytes received, headers included, and
// the body.
func fetch(addr, path, encoding string) (size int, body []byte, err error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\nConnection: close\r\n\r\n", path, addr, encoding)
	var answer []byte
	if err = errors.Join(err, c.SetDeadline(time.Now().Add(10*time.Second))); err == nil {
		answer, err = io.ReadAll(c)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	head, body, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		return 0, nil, fmt.Errorf("get %s: %.60q", path, head)
	}
	return len(answer), body, nil
}

// firstState is the length of the frame that a phone's socket receives first.
func (s *show) firstState(ctx context.Context) (size int, err error) {
	tokens, err := s.join(ctx, 1)
	if err != nil {
		return 0, err
	}
	fd, early, err := load.OpenView(s.addr, s.Code, "phone", tokens[0], 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unix.Close(fd)) }()
	buf := make([]byte, 64<<10)
	for {
		if n, _, payload := load.Frame(early); n > 0 && bytes.HasPrefix(payload, []byte(`{"t":"state"`)) {
			return n, nil
		}
		n, err := load.Read(fd, buf)
		if err != nil || n == 0 {
			return 0, fmt.Errorf("the first state did not come: %w", errors.Join(err, ctx.Err()))
		}
		early = append(early, buf[:n]...)
	}
}
