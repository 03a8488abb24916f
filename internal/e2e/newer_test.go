//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"drumroll/internal/nodetest"
)

// madeUp is a kind of activity that only the newer binary knows: a scale by another
// name.
const madeUp = "applause"

// scaleLine is a table's entry for scales; group 1 is what stands for the kind there.
var scaleLine = regexp.MustCompile(`\b(?:event\.|contract\.Kind|Kind)?Scale:\s*([\w.()*]+(?:\{\})?)`)

// tableName tells the files that hold a layer's table of kinds.
var tableName = regexp.MustCompile(`(^|_)kinds?\.go$`)

// buildNewer builds the binary of a later version: the sources as they are, with one
// more kind in each layer's table. The product holds nothing for it.
func buildNewer(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := map[string]string{}
	for _, folder := range []string{"cmd", "internal", "web"} {
		err = filepath.WalkDir(filepath.Join(root, folder), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !tableName.MatchString(d.Name()) {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			with := scaleLine.ReplaceAllString(string(source), `$0, "`+madeUp+`": $1`)
			if with == string(source) {
				return nil
			}
			copied := filepath.Join(dir, strings.ReplaceAll(rel, string(filepath.Separator), "-"))
			replaced[path] = copied
			return os.WriteFile(copied, []byte(with), 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"internal/event/kind.go", "web/kinds/kind.go", "web/ui/kind.go"} {
		if replaced[filepath.Join(root, filepath.FromSlash(table))] == "" {
			t.Fatalf("%s has no line for scales, and so no place for a made-up kind: has the table of kinds moved?", table)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "newer")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := nodetest.Build(binary, "-overlay", file); err != nil {
		t.Fatalf("with the kind %q in %d tables: %v", madeUp, len(replaced), err)
	}
	return binary
}
