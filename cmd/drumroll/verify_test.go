package main

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const drawData = "../../internal/fairdraw/testdata/"

func TestVerify(t *testing.T) {
	forged := filepath.Join(t.TempDir(), "forged.json")
	record, err := os.ReadFile(drawData + "record1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(forged, []byte(strings.Replace(string(record), `"wanted": 3`, `"wanted": 4`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(drawData)))
	t.Cleanup(server.Close)
	list := "--entrants=" + server.URL + "/entrants.ndjson"

	for name, c := range map[string]struct {
		args  []string
		err   error
		lines []string // each stands in the report
	}{
		"file":         {args: []string{drawData + "record1.json"}, lines: []string{"ok    seed", "ok    digest"}},
		"URL and list": {args: []string{list, server.URL + "/record1.json"}, lines: []string{"ok    entrants"}},
		"history": {
			args:  []string{"--earlier", drawData + "record1.json", "--earlier", drawData + "record2.json", drawData + "record3.json"},
			lines: []string{"ok    history"},
		},
		"fingerprint":       {args: []string{"--root", "CD5E 8269 A913", drawData + "record1.json"}, lines: []string{"ok    told list"}},
		"other fingerprint": {args: []string{"--root", "CD5E 8269 A914", drawData + "record1.json"}, err: errNotVerified, lines: []string{"FAIL  told list"}},
		"forged":            {args: []string{forged}, err: errNotVerified, lines: []string{"ok    winners", "FAIL  picks"}},
		"not a record":      {args: []string{drawData + "page.mjs"}, err: errNotVerified, lines: []string{"FAIL  record"}},
		"no such file":      {args: []string{drawData + "none.json"}, err: fs.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			if err := verify(t.Context(), c.args, &stdout, &stderr); !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			for _, line := range c.lines {
				if !strings.Contains(stdout.String(), line) {
					t.Errorf("no %q in\n%s", line, stdout.String())
				}
			}
		})
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"--bad"}, {server.URL + "/none.json"}} {
		var stdout, stderr strings.Builder
		if err := verify(t.Context(), args, &stdout, &stderr); err == nil {
			t.Errorf("verify %q has no error", args)
		}
	}
}
