package fairdraw

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The package has no clock, no randomness, no files and no network to draw on.
func TestImportsArePure(t *testing.T) {
	allowed := []string{
		"bufio", "bytes", "cmp", "crypto/hmac", "crypto/sha256", "encoding/binary", "encoding/hex", "encoding/json",
		"errors", "fmt", "hash", "io", "reflect", "slices", "sort", "strconv", "strings", "unicode/utf8", "golang.org/x/mod/sumdb/tlog", "drumroll/internal/beacon",
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err != nil || !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", f.Name(), spec.Path.Value)
			}
		}
	}
}
