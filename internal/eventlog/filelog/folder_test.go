package filelog

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// mustOpen opens a folder with a clock of the test's; nil means the real one.
func mustOpen(t *testing.T, dir string, now func() time.Time) *Log {
	t.Helper()
	c := newClock()
	if now != nil {
		c = &clock{wall: now, elapsed: func() time.Duration { return 0 }}
	}
	l, err := open(dir, Config{}, c, maxIdleFiles)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

func mustClose(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func mustCreate(t *testing.T, l *Log, code, first string) eventlog.Offset {
	t.Helper()
	at, err := l.Create(t.Context(), code, []byte(first))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return at
}

func mustAppend(t *testing.T, l *Log, code string, records ...string) eventlog.Offset {
	t.Helper()
	var payloads [][]byte
	for _, r := range records {
		payloads = append(payloads, []byte(r))
	}
	at, err := l.Append(t.Context(), code, payloads)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return at
}

// mustRead returns all records of an event as texts.
func mustRead(t *testing.T, l *Log, code string) (texts []string) {
	t.Helper()
	records, err := readRecords(t.Context(), l, code)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	for _, r := range records {
		texts = append(texts, string(r.Data))
	}
	return texts
}

func readRecords(ctx context.Context, l *Log, code string) (all []eventlog.Record, err error) {
	var at eventlog.Offset
	for {
		records, err := l.Read(ctx, code, at, 1<<20, 0)
		if err != nil || len(records) == 0 {
			return all, err
		}
		all, at = append(all, records...), records[len(records)-1].Offset
	}
}

func eventPath(dir, code string) string {
	return filepath.Join(dir, eventsFolder, code+".log")
}

func TestFolderIsOneProcess(t *testing.T) {
	dir := t.TempDir()
	first := mustOpen(t, dir, nil)
	_, err := Open(dir, Config{})
	if want := "data folder " + dir + " is in use by another drumroll"; err == nil || err.Error() != want {
		t.Errorf("second Open: %v, want %s", err, want)
	}
	mustClose(t, first)
	mustOpen(t, dir, nil)
}

func TestFolderCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := Open(dir, Config{})
		if err == nil || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%s): %v, want one line that names the folder", dir, err)
		}
	}
}

func TestPingNoticesTheFolderIsGone(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	if err := l.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, eventsFolder)); err != nil {
		t.Fatal(err)
	}
	if err := l.Ping(t.Context()); err == nil {
		t.Error("Ping says that a folder which is gone can take records")
	}
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "ABC234", "first")
	if _, err := l.SigningKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{
		dir:                          0o700,
		filepath.Join(dir, keyName):  0o600,
		filepath.Join(dir, lockName): 0o600,
		eventPath(dir, "ABC234"):     0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
	}
}

func TestTornSigningKeyIsAnError(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": {}, "short": make([]byte, 31), "long": make([]byte, 33),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, keyName)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			l := mustOpen(t, dir, nil)
			if key, err := l.SigningKey(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("SigningKey = %d bytes, %v, want an error that names the file", len(key), err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
				t.Errorf("the key file was changed (error %v)", err)
			}
		})
	}
}

// TestCrashInCreate: what a crash leaves under a temporary name is no event, and
// is gone after the next start.
func TestCrashInCreate(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	// All that Create does before the rename.
	temp, err := writeTemp(eventPath(dir, "ABC234"), []byte("half"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Head(t.Context(), "ABC234"); err == nil {
		t.Error("an event in the making has a head")
	}
	mustClose(t, l)
	torn := filepath.Join(dir, eventsFolder, "DEF567.log-1"+tempSuffix)
	if err := os.WriteFile(torn, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}

	l = mustOpen(t, dir, nil)
	for _, path := range []string{temp, torn} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
	mustCreate(t, l, "ABC234", "whole")
	if got := mustRead(t, l, "ABC234"); len(got) != 1 || got[0] != "whole" {
		t.Errorf("records %q, want the whole one", got)
	}
}

func TestDeleteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "ABC234", "first")
	mustAppend(t, l, "ABC234", "second")
	if err := l.Delete(t.Context(), "ABC234"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(dir, eventsFolder))
	if err != nil || len(left) != 0 {
		t.Errorf("left on disk: %v (error %v)", left, err)
	}
	if len(l.files) != 0 {
		t.Errorf("%d slots remembered, want none", len(l.files))
	}
}
