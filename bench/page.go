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
)

const firstLoadLimit = 60 // KB over the wire, all told

var assets = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)

// firstLoad counts what a phone is sent until it shows the event: its page, what
// the page names, and the socket's first state; heads included.
func firstLoad(ctx context.Context, b *bench) (err error) {
	d, err := b.start(ctx, embedded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.poll(ctx, live)
	if err != nil {
		return err
	}
	size, page, err := fetch(d.Addr, "/"+s.Code, "identity")
	if err != nil {
		return err
	}
	plain := size
	if size, _, err = fetch(d.Addr, "/"+s.Code, "gzip, deflate"); err != nil {
		return err
	}
	total, requests := size, 1
	var parts []string
	seen := map[string]bool{}
	for _, m := range assets.FindAllSubmatch(page, -1) {
		path := string(m[1])
		if seen[path] {
			continue
		}
		seen[path] = true
		size, _, err := fetch(d.Addr, path, "gzip, deflate")
		if err != nil {
			return err
		}
		total, requests = total+size, requests+1
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "/static/"), ".")
		parts = append(parts, fmt.Sprintf("%s%s %d", name, path[strings.LastIndexByte(path, '.'):], size))
	}
	state, err := s.firstState(ctx)
	if err != nil {
		return err
	}
	total, requests = total+state, requests+1
	row := report.Amount("page", "a phone's first load", "KB", []float64{float64(total) / 1000}, firstLoadLimit, false)
	row.Note = fmt.Sprintf("%d requests: page %d (%d unpacked), %s, socket's first state %d bytes", requests, size, plain, strings.Join(parts, ", "), state)
	b.add(row)
	return nil
}

// fetch gets a path as a browser does and returns how many bytes came, the head
// included, and the body.
func fetch(addr, path, encoding string) (size int, body []byte, err error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: %s\r\nConnection: close\r\n\r\n", path, addr, encoding); err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	all, err := io.ReadAll(c)
	if err != nil {
		return 0, nil, fmt.Errorf("get %s: %w", path, err)
	}
	head, body, ok := bytes.Cut(all, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		return 0, nil, fmt.Errorf("get %s: %.60q", path, head)
	}
	return len(all), body, nil
}

// firstState is the length of what a phone's socket is sent first.
func (s *show) firstState(ctx context.Context) (size int, err error) {
	tokens, err := s.join(ctx, 1)
	if err != nil {
		return 0, err
	}
	fd, early, err := s.phone(ctx, tokens[0], 0)
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
