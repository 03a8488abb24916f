package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// watched is what a program writes, to be read while it runs.
type watched struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// TestPrewarm: the node measures at the start, loads the events that were named, and serves
// whatever it finds.
func TestPrewarm(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	s := serveProgram(t, program(t, nil, "--addr=127.0.0.1:0", "--data", data))
	status, event := call(t, "POST", s.url+"/api/v1/events", "", map[string]any{"title": "Tonight"})
	if status != http.StatusCreated {
		t.Fatalf("create: %d", status)
	}
	if exit, _ := s.end(t, syscall.SIGTERM); exit != 0 {
		t.Fatalf("exit %d", exit)
	}
	code := event["code"].(string)

	cmd := program(t, nil, "--addr=127.0.0.1:0", "--data", data, "--prewarm="+code+",GONE22")
	log := new(watched)
	cmd.Stderr = log
	s = serveProgram(t, cmd)
	want := []string{"event=" + code + " check=log", "durable after", "check=address", "this machine alone", "check=phones", "event=GONE22"}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		missing := ""
		for _, w := range want {
			if !strings.Contains(log.String(), w) {
				missing = w
			}
		}
		if missing == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q is not in the log:\n%s", missing, log)
		}
	}
	if exit, _ := s.end(t, syscall.SIGTERM); exit != 0 {
		t.Errorf("exit %d\n%s", exit, log)
	}
}
