package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/metrics"
	"drumroll/internal/redistest"
)

// TestRequireDurable: a node that must not lose anything refuses settings that
// can, in one line, and serves on those that cannot.
func TestRequireDurable(t *testing.T) {
	t.Parallel()
	weak := redistest.Start(t, "appendfsync", "everysec")
	code, stdout, stderr := finish(t, program(t, nil, "--addr=127.0.0.1:0", "--require-durable", "--redis", weak.URL()))
	if code != 1 || stdout != "" || !strings.Contains(stderr, "--require-durable: Redis at "+weak.Addr()+": appendfsync everysec") {
		t.Errorf("everysec: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	oneLine(t, stderr)
	for _, args := range [][]string{
		{"--redis", redistest.Start(t).URL()},
		{"--data", filepath.Join(t.TempDir(), "data")},
	} {
		s := serveProgram(t, program(t, []string{"DRUMROLL_REQUIRE_DURABLE=1"}, append(args, "--addr=127.0.0.1:0")...))
		if code, _ := s.end(t, syscall.SIGTERM); code != 0 || strings.Contains(s.stderr.String(), "WARN") {
			t.Errorf("%v: exit %d\n%s", args, code, s.stderr)
		}
	}
}

// TestWeakSettingsAreSaidOnce: one warning, and one more line when the settings
// become others; and never a password.
func TestWeakSettingsAreSaidOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "appendfsync", "everysec")
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	do := func(args ...any) {
		t.Helper()
		if err := client.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	do("acl", "setuser", "node", "on", ">s3cret", "~*", "&*", "+@all")

	var said bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&said, nil))
	log, err := redislog.Open(t.Context(), "redis://node:s3cret@"+server.Addr(), redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := log.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	d := newDurability(log, logger, metrics.New("test"))
	if err := d.start(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	look := func() {
		t.Helper()
		found, err := d.look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d.say(found)
	}
	look()
	do("config", "set", "appendfsync", "always")
	look()
	look()
	do("config", "set", "no-appendfsync-on-rewrite", "yes")
	look()
	look()
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	want := []string{"level=WARN.*up to 2 s", "level=INFO.*lose nothing", "level=WARN.*no-appendfsync-on-rewrite"}
	if len(lines) != len(want) {
		t.Fatalf("said:\n%s\nwant %d lines", &said, len(want))
	}
	for i, line := range lines {
		if !regexp.MustCompile(want[i]).MatchString(line) || strings.Contains(line, "s3cret") {
			t.Errorf("line %d: %s\nwant %s, without the password", i+1, line, want[i])
		}
	}

	// The program as a whole says it as well, and no more than that.
	s := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--redis", "redis://node:s3cret@"+server.Addr()))
	if code, _ := s.end(t, syscall.SIGTERM); code != 0 || strings.Count(s.stderr.String(), "WARN") != 1 || strings.Contains(s.stderr.String(), "s3cret") {
		t.Errorf("exit %d\n%s", code, s.stderr)
	}
}
