package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"drumroll/internal/redistest"
)

// asProgram makes the test's own binary be drumroll, so that exit codes and
// signals are the real ones.
const asProgram = "DRUMROLLTEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const patience = 30 * time.Second

// program is drumroll, ready to start, in a folder of its own.
func program(t *testing.T, vars []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "DRUMROLL_ADMIN_ADDR="), vars...)
	return cmd
}

// finish runs a program that should end by itself.
func finish(t *testing.T, cmd *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// serving is a program that accepts connections.
type serving struct {
	cmd    *exec.Cmd
	line   string // the first of stdout
	url    string
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

func serveProgram(t *testing.T, cmd *exec.Cmd) *serving {
	t.Helper()
	s := &serving{cmd: cmd, stderr: new(bytes.Buffer)}
	if cmd.Stderr == nil {
		cmd.Stderr = s.stderr // to be read when it has ended
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		limit.Stop()
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	s.stdout = bufio.NewReader(pipe)
	if s.line, err = s.stdout.ReadString('\n'); err != nil {
		t.Fatalf("no first line: %v\n%s", err, s.stderr)
	}
	s.url = strings.TrimSpace(strings.TrimPrefix(s.line, "listening on "))
	return s
}

// end sends a signal and returns the exit code and what else was on stdout.
func (s *serving) end(t *testing.T, sig os.Signal) (code int, rest string) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(s.stdout)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode(), string(all)
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestServe(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	redis := redistest.Start(t)
	for name, c := range map[string]struct {
		vars, args []string
		signal     os.Signal
	}{
		"serve by flags":    {nil, []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(data, "a"), "--log-format=json"}, syscall.SIGTERM},
		"no command":        {nil, []string{"--addr", "127.0.0.1:0", "--data", filepath.Join(data, "b")}, os.Interrupt},
		"by environment":    {[]string{"DRUMROLL_ADDR=127.0.0.1:0", "DRUMROLL_DATA=" + filepath.Join(data, "c")}, nil, syscall.SIGTERM},
		"on Redis":          {[]string{"DRUMROLL_REDIS=" + redis.URL()}, []string{"--addr=127.0.0.1:0"}, syscall.SIGTERM},
		"on all interfaces": {nil, []string{"--addr=:0", "--data", filepath.Join(data, "d")}, syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProgram(t, program(t, c.vars, c.args...))
			if !regexp.MustCompile(`^listening on http://(127\.0\.0\.1|localhost):[1-9][0-9]*\n$`).MatchString(s.line) {
				t.Errorf("first line %q", s.line)
			}
			for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
				if status, body := get(t, s.url+path); status != 200 || body != want {
					t.Errorf("%s: %d %q", path, status, body)
				}
			}
			res, err := http.Post(s.url+"/api/v1/events", "application/json", strings.NewReader(`{"title":"x"}`))
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusCreated {
				t.Errorf("create: %s, %v", res.Status, err)
			}
			code, rest := s.end(t, c.signal)
			if code != 0 || rest != "" {
				t.Errorf("after %v: exit code %d, then on stdout %q\n%s", c.signal, code, rest, s.stderr)
			}
			if strings.Contains(name, "flags") && !strings.HasPrefix(s.stderr.String(), "{") {
				t.Errorf("the log is not JSON: %s", s.stderr)
			}
		})
	}
}

// TestRefusesToStart: one clear line on stderr, nothing on stdout, and the exit
// code that scripts go by.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	taken := t.TempDir()
	first := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", taken))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		vars []string
		code int
		says string
	}{
		"unknown flag":             {[]string{"--nonsense"}, nil, 2, "nonsense"},
		"unknown flag of serve":    {[]string{"serve", "--nonsense"}, nil, 2, "nonsense"},
		"bad public URL":           {nil, []string{"DRUMROLL_PUBLIC_URL=x"}, 2, "public-url"},
		"data folder in use":       {[]string{"--addr=127.0.0.1:0", "--data", taken}, nil, 1, "in use"},
		"data folder is a file":    {[]string{"--addr=127.0.0.1:0", "--data", file}, nil, 1, file},
		"data folder impossible":   {[]string{"--addr=127.0.0.1:0", "--data", "/dev/null/data"}, nil, 1, "/dev/null/data"},
		"address in use":           {[]string{"--addr", strings.TrimPrefix(first.url, "http://")}, nil, 1, "in use"},
		"no address":               {[]string{"--addr", "nonsense"}, nil, 1, "nonsense"},
		"Redis that is not there":  {[]string{"--addr=127.0.0.1:0", "--redis", "redis://127.0.0.1:" + deadPort(t)}, nil, 1, "Redis"},
		"no URL of a Redis":        {[]string{"--addr=127.0.0.1:0", "--redis", "nonsense"}, nil, 1, "redis"},
		"a password in a bad URL":  {[]string{"--addr=127.0.0.1:0", "--redis", "redis://:hunter2@127.0.0.1:" + deadPort(t)}, nil, 1, "Redis"},
		"a password in no URL":     {[]string{"--addr=127.0.0.1:0", "--redis", "http://:hunter2@127.0.0.1"}, nil, 1, "redis"},
		"a password in a Redis db": {[]string{"--addr=127.0.0.1:0", "--redis", "redis://:hunter2@127.0.0.1:1/x"}, nil, 1, "redis"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := finish(t, program(t, c.vars, c.args...))
			if code != c.code || stdout != "" {
				t.Errorf("exit code %d, stdout %q", code, stdout)
			}
			oneLine(t, stderr)
			if !strings.Contains(stderr, c.says) || strings.Contains(stderr, "hunter2") {
				t.Errorf("stderr %q, want %q in it and no password", stderr, c.says)
			}
		})
	}
	t.Cleanup(func() { // after the parallel ones, which need it
		if code, _ := first.end(t, syscall.SIGTERM); code != 0 {
			t.Errorf("the first ends with %d\n%s", code, first.stderr)
		}
	})
}

// deadPort is one on which nobody listens.
func deadPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args           []string
		code           int
		stdout, stderr string // found in them
	}{
		"version":         {[]string{"version"}, 0, "drumroll ", ""},
		"help":            {[]string{"help"}, 0, "usage:", ""},
		"flags of serve":  {[]string{"serve", "-h"}, 0, "-trusted-proxies", ""},
		"--help":          {[]string{"--help"}, 0, "-public-url", ""},
		"unknown command": {[]string{"explode"}, 2, "", `unknown command "explode"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := finish(t, program(t, nil, c.args...))
			if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit code %d\nstdout: %s\nstderr: %s", code, stdout, stderr)
			}
			if code == 0 && stderr != "" || code != 0 && stdout != "" {
				t.Errorf("stdout %q, stderr %q", stdout, stderr)
			}
		})
	}
}

// TestHelpNamesEveryFlag: by the words of the table of flags.
func TestHelpNamesEveryFlag(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), []string{"serve", "-h"}, environment(nil), &stdout, &stderr); !errors.Is(err, errHelp) {
		t.Fatal(err)
	}
	for _, row := range flagRows {
		if !strings.Contains(stdout.String(), "  -"+row.flag) {
			t.Errorf("no --%s in the help", row.flag)
		}
	}
}
