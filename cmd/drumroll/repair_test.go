package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// call sends JSON and returns the status and what came back, decoded.
func call(t *testing.T, method, url, bearer string, body any) (int, map[string]any) {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatalf("%s %s: status %d: %v", method, url, res.StatusCode, err)
	}
	return res.StatusCode, got
}

// TestRepair: an event whose file is damaged is refused with a reason, the other one
// goes on, and after `drumroll repair` the node serves it again, without a restart.
func TestRepair(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	start := func() *serving {
		return serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", data))
	}
	s := start()
	create := func(title string) (code, key string) {
		status, e := call(t, "POST", s.url+"/api/v1/events", "", map[string]any{"title": title})
		if status != http.StatusCreated {
			t.Fatalf("create: %d, %v", status, e)
		}
		return e["code"].(string), e["host_key"].(string)
	}
	code, key := create("Damaged")
	sound, _ := create("Sound")
	for _, title := range []string{"First", "Second", "Third"} {
		status, a := call(t, "POST", s.url+"/api/v1/events/"+code+"/activities", key, map[string]any{"kind": "raffle", "title": title})
		if status != http.StatusCreated {
			t.Fatalf("add: %d, %v", status, a)
		}
	}
	if exit, _ := s.end(t, syscall.SIGTERM); exit != 0 {
		t.Fatalf("exit %d\n%s", exit, s.stderr)
	}

	path := filepath.Join(data, "events", code+".log")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if exit, out, errs := finish(t, program(t, nil, "repair", path)); exit != 0 || !strings.Contains(out, "is whole: 4 records") {
		t.Errorf("repair of a whole file: exit %d, %q, %q", exit, out, errs)
	}
	bad := bytes.ReplaceAll(file, []byte("Second"), []byte("Zecond"))
	if err := os.WriteFile(path, bad, 0o600); err != nil {
		t.Fatal(err)
	}

	s = start()
	status, problem := call(t, "GET", s.url+"/api/v1/events/"+code, "", nil)
	if status != http.StatusServiceUnavailable || problem["code"] != "damaged" {
		t.Errorf("damaged event: %d, %v", status, problem)
	}
	if status, _ := call(t, "GET", s.url+"/api/v1/events/"+sound, "", nil); status != http.StatusOK {
		t.Errorf("sound event: %d", status)
	}
	exit, out, errs := finish(t, program(t, nil, "repair", "--dry-run", path))
	if exit != 1 || !strings.Contains(out, "but whole ones behind it") || !strings.Contains(out, "Nothing was changed") || errs != "" {
		t.Errorf("repair --dry-run: exit %d\n%s%s", exit, out, errs)
	}
	exit, out, errs = finish(t, program(t, nil, "repair", path))
	if exit != 0 || !strings.Contains(out, "whole:    2 records") || !strings.Contains(out, path+".damaged-") {
		t.Fatalf("repair: exit %d\n%s%s", exit, out, errs)
	}
	// The verdict on the old file lapses after some seconds.
	var event map[string]any
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if status, event = call(t, "GET", s.url+"/api/v1/events/"+code, key, nil); status == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the repair: %d, %v", status, event)
		}
	}
	if got := event["activities"].([]any); len(got) != 1 {
		t.Errorf("%d activities after the repair, want 1: %v", len(got), got)
	}
	if exit, _, errs := finish(t, program(t, nil, "repair", path)); exit != 1 || !strings.Contains(errs, "in use") {
		t.Errorf("repair of an event that is served: exit %d, %q", exit, errs)
	}
	// Nothing of a deleted event stays, the damaged file included.
	req, err := http.NewRequest(http.MethodDelete, s.url+"/api/v1/events/"+code, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	left, err := filepath.Glob(path + "*")
	if res.StatusCode != http.StatusNoContent || err != nil || len(left) != 0 {
		t.Errorf("after deleting: status %d, left %q (%v)", res.StatusCode, left, err)
	}
	if exit, _ := s.end(t, syscall.SIGTERM); exit != 0 {
		t.Errorf("exit %d", exit)
	}
	if said := s.stderr.String(); !strings.Contains(said, "may be missing") || !strings.Contains(said, "drumroll repair "+path) {
		t.Errorf("the log does not say what happened:\n%s", said)
	}
}

func TestRepairRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "ABC234.log")
	if err := os.WriteFile(garbage, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"repair"}, 2, "usage:"},
		{[]string{"repair", "--nonsense", garbage}, 2, "nonsense"},
		{[]string{"repair", filepath.Join(dir, "MISSING.log")}, 1, "MISSING.log"},
		{[]string{"repair", filepath.Join(dir, "signing.key")}, 1, "no event's file"},
		{[]string{"repair", garbage}, 1, "no record can be saved"},
	} {
		exit, _, stderr := finish(t, program(t, nil, c.args...))
		if exit != c.exit || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: exit %d, %q; want %d and %q", c.args, exit, stderr, c.exit, c.says)
		}
	}
}
