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
	if err := os.WriteFile(forged, []byte(strings.Replace(string(record), `"size": 10`, `"size": 11`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(drawData)))
	t.Cleanup(server.Close)
	list := "--entrants=" + server.URL + "/entrants1.ndjson"

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
		"noted": {
			args:  []string{"--freeze", "6AC1 656F 1284 F221 1C36 9A71 E649 DBC0", "--round", "1", drawData + "record1.json"},
			lines: []string{"ok    told freeze", "ok    told round", "not checked: told promise, because ", ", 0 failed, 2 not checked"},
		},
		"other freeze":  {args: []string{"--freeze", "6AC1 656F 1284 F221 1C36 9A71 E649 DBC1", drawData + "record1.json"}, err: errNotVerified, lines: []string{"FAIL  told freeze", "1 failed"}},
		"other round":   {args: []string{"--round", "2", drawData + "record1.json"}, err: errNotVerified, lines: []string{"FAIL  told round"}},
		"history amiss": {args: []string{drawData + "record3.json"}, lines: []string{"not checked: history, because "}},
		"forged":        {args: []string{forged}, err: errNotVerified, lines: []string{"ok    commitment", "FAIL  freeze"}},
		"not a record":  {args: []string{drawData + "page.mjs"}, err: errNotVerified, lines: []string{"FAIL  record"}},
		"no such file":  {args: []string{drawData + "none.json"}, err: fs.ErrNotExist},
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
	for _, args := range [][]string{{}, {"a", "b"}, {"--bad"}, {"--freeze", "", forged}, {"--commitment=", forged}, {"--round", "0", forged}} {
		var stdout, stderr strings.Builder
		if err := verify(t.Context(), args, &stdout, &stderr); !errors.Is(err, errUsage) {
			t.Errorf("verify %q: %v, want %v", args, err, errUsage)
		}
	}
	for _, args := range [][]string{{server.URL + "/none.json"}} {
		var stdout, stderr strings.Builder
		if err := verify(t.Context(), args, &stdout, &stderr); err == nil {
			t.Errorf("verify %q has no error", args)
		}
	}
}
