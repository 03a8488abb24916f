package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
	"drumroll/internal/rehearse"
)

// created is an event that a test hosts.
type created struct{ *contract.EventClient }

// call makes a call that must be taken; body is JSON, or "".
func (e *created) call(t *testing.T, method, path, body string, into any) {
	t.Helper()
	var in any
	if body != "" {
		in = json.RawMessage(body)
	}
	if err := e.Call(t.Context(), method, path, in, into); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// newEvent has an open poll (1) and an open raffle (2).
func newEvent(t *testing.T, base string) *created {
	t.Helper()
	server := contract.Client{Server: base}
	made, err := nodetest.CreateEvent(t.Context(), &server, "Rehearsal")
	if err != nil {
		t.Fatal(err)
	}
	e := &created{server.At(made.Code, made.HostKey)}
	e.call(t, "POST", "/activities", `{"kind":"poll","title":"Which?","options":["a","b","c"]}`, nil)
	e.call(t, "POST", "/activities", `{"kind":"raffle","title":"Mug","winners":1}`, nil)
	e.call(t, "POST", "/activities/1/open", "", nil)
	e.call(t, "POST", "/activities/2/open", "", nil)
	return e
}

// entries of the poll and the raffle.
func (e *created) entries(t *testing.T) [2]int {
	t.Helper()
	var seen struct{ Activities []struct{ Entries int } }
	e.call(t, "GET", "", "", &seen)
	return [2]int{seen.Activities[0].Entries, seen.Activities[1].Entries}
}

// until waits for entries of the poll.
func (e *created) until(t *testing.T, most int) {
	t.Helper()
	for deadline := time.Now().Add(patience); e.entries(t)[0] < most; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not %d entries, but %v", most, e.entries(t))
		}
	}
}

func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRehearseAcrossAKill: the server is killed in the midst of it and comes
// back; the crowd loses nothing and counts once.
func TestRehearseAcrossAKill(t *testing.T) {
	t.Parallel()
	const phones = 60
	data := t.TempDir()
	first := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", data))
	e := newEvent(t, first.url)
	crowd := program(t, nil, "rehearse", "--phones", fmt.Sprint(phones), "--seed=3", "--for=6s", "--json",
		"--script", script(t, "vote 100% after 600ms\nenter 100% after 600ms\nchange 50%"), e.Server+"/"+e.Code)
	done := make(chan rehearse.Report)
	go func() {
		defer close(done)
		code, stdout, stderr := finish(t, crowd)
		var r rehearse.Report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 || stderr != "" {
			t.Errorf("exit code %d, %v, stderr %q\n%s", code, err, stderr, stdout)
		}
		done <- r
	}()
	e.until(t, phones/6)
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // killed
	serveProgram(t, program(t, nil, "--addr", strings.TrimPrefix(first.url, "http://"), "--data", data))
	r := <-done
	if !r.OK || r.Joined != phones || r.Connected != phones || r.Reconnects < phones || r.Unanswered != 0 || r.Latency.Count != r.Taps || r.Interrupted {
		t.Errorf("%+v", r)
	}
	for _, c := range r.Checks {
		if c.Failed > 0 || c.Skipped {
			t.Errorf("%+v", c)
		}
	}
	if got := e.entries(t); got != [2]int{phones, phones} {
		t.Errorf("%v entries, want %d of each", got, phones)
	}
}

// TestRehearseInterrupted: it ends early, with the report and its exit status.
func TestRehearseInterrupted(t *testing.T) {
	t.Parallel()
	s := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", t.TempDir()))
	e := newEvent(t, s.url)
	crowd := program(t, nil, "rehearse", "--phones=10", "--for=0s", "--script", script(t, "vote after 1ms"), e.Server+"/"+e.Code)
	var stdout, stderr bytes.Buffer
	crowd.Stdout, crowd.Stderr = &stdout, &stderr
	if err := crowd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(patience, func() { _ = crowd.Process.Kill() })
	defer limit.Stop()
	e.until(t, 10)
	if err := crowd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := crowd.Wait()
	if err != nil || stderr.Len() > 0 || !strings.Contains(stdout.String(), "interrupted") || !strings.Contains(stdout.String(), "10 counted") {
		t.Errorf("%v, stdout %s, stderr %s", err, &stdout, &stderr)
	}
}

func TestRehearseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		vars []string
		code int
		says string
	}{
		"no URL":             {nil, nil, 2, "join URL"},
		"two URLs":           {[]string{"http://a/b", "http://a/b"}, nil, 2, "2 arguments"},
		"unknown flag":       {[]string{"--nonsense"}, nil, 2, "nonsense"},
		"no phones":          {[]string{"--phones=0", "http://a/b"}, nil, 2, "--phones 0"},
		"a negative rate":    {[]string{"--rate=-1", "http://a/b"}, nil, 2, "--rate"},
		"a negative time":    {[]string{"--for=-1s", "http://a/b"}, nil, 2, "--for"},
		"a bad environment":  {[]string{"http://a/b"}, []string{"DRUMROLL_PHONES=many"}, 2, "DRUMROLL_PHONES"},
		"no script":          {[]string{"--script=/nowhere", "http://a/b"}, nil, 2, "/nowhere"},
		"a bad script":       {[]string{"--script", script(t, "dance"), "http://a/b"}, nil, 2, "line 1"},
		"nobody there":       {[]string{"http://127.0.0.1:" + deadPort(t) + "/ABCDEF"}, nil, 1, "join page"},
		"no URL of an event": {[]string{"ABCDEF"}, nil, 1, "want http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := finish(t, program(t, c.vars, append([]string{"rehearse"}, c.args...)...))
			if code != c.code || stdout != "" || !strings.Contains(stderr, c.says) {
				t.Errorf("exit code %d, stdout %q, stderr %q, want %q in it", code, stdout, stderr, c.says)
			}
			oneLine(t, stderr)
		})
	}
}

// TestRehearseNeedsFiles: where file descriptors do not suffice, it says so and
// does not begin.
func TestRehearseNeedsFiles(t *testing.T) {
	t.Parallel()
	s := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", t.TempDir()))
	e := newEvent(t, s.url)
	cmd := program(t, nil)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", `ulimit -n 400; exec "$0" "$@"`, os.Args[0], "rehearse", "--phones=300", e.Server + "/" + e.Code}
	code, stdout, stderr := finish(t, cmd)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "the limit is 400") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	oneLine(t, stderr)
	if got := e.entries(t); got != [2]int{} {
		t.Errorf("%v entries", got)
	}
}

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]rehearse.Progress{
		"██████████░░░░░░░░░░ 30s  9/10 phones  0 accepted": {Elapsed: 30 * time.Second, ForAll: time.Minute, Phones: 10, Connected: 9},
		"1m30s  10/10 phones  7 accepted (p99 12ms)  3 refused  1 FAILED": {Elapsed: 90 * time.Second, Phones: 10, Connected: 10,
			Accepted: 7, LatencyP99: 12 * time.Millisecond, Refused: 3, FailedChecks: 1},
		"waiting for the last answers  10/10 phones  0 accepted": {Elapsed: 90 * time.Second, Phones: 10, Connected: 10, Settling: true},
	} {
		if got := progressLine(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
