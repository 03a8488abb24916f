package arch_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goTables are the files that hold a layer's table of kinds.
var goTables = []string{kindTable, "cmd/drumroll/results_kinds.go", "internal/contract/kinds.go", "internal/rehearse/kind.go", "internal/storybook/kinds.go",
	"web/kinds/kind.go", "web/ui/kind.go"}

// scriptTables are the browser's: on the phone, and in the console's dialog.
var scriptTables = []string{"static/js/src/kinds/index.js", "static/js/src/host/kinds/index.js"}

// ownFiles are what each kind has of its own, with KIND for its name.
var ownFiles = []string{"internal/event/KIND.go", "internal/contract/KIND.go", "internal/rehearse/KIND.go", "internal/storybook/KIND.go",
	"web/kinds/KIND.go", "web/ui/KIND.go", "web/ui/KIND*.templ", "static/js/src/kinds/KIND.js", "static/js/src/host/kinds/KIND.js", "static/css/kinds/KIND*.css"}

func allKinds(t *testing.T) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(findKinds(t, goFiles(t)).members))
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every map with the name of a kind as a key has them all, and every layer has one.
func TestEveryLayerHasEveryKind(t *testing.T) {
	files := goFiles(t)
	names := findKinds(t, files)
	want := slices.Sorted(maps.Keys(names.members))
	missing := slices.Clone(goTables)
	for _, f := range files {
		for _, keys := range names.read(f).tables {
			missing = slices.DeleteFunc(missing, func(p string) bool { return p == f.path })
			if !slices.Equal(keys, want) {
				t.Errorf("%s has a table of the kinds %v, want %v", f.path, keys, want)
			}
		}
	}
	for _, path := range missing {
		t.Errorf("%s has no table of kinds", path)
	}
}

// scriptTable is a table of kinds in a script.
var scriptTable = regexp.MustCompile(`export const \w+ = \{([^}]*)\}`)

func TestTheBrowserHasEveryKind(t *testing.T) {
	want := allKinds(t)
	for _, path := range scriptTables {
		found := scriptTable.FindStringSubmatch(readFile(t, path))
		if found == nil {
			t.Errorf("%s exports no table", path)
			continue
		}
		keys := strings.FieldsFunc(found[1], func(r rune) bool { return strings.ContainsRune(" ,\n", r) })
		slices.Sort(keys)
		if !slices.Equal(keys, want) {
			t.Errorf("%s has the kinds %v, want %v", path, keys, want)
		}
	}
	for _, view := range []string{"phone", "screen", "host"} {
		sheet := readFile(t, "static/css/"+view+".css")
		for _, kind := range want {
			if !strings.Contains(sheet, `@import "./kinds/`+kind) {
				t.Errorf("static/css/%s.css imports no styles of the kind %s", view, kind)
			}
		}
	}
}

// The document names the kinds as a list, and describes how to add each.
func TestTheDocumentHasEveryKind(t *testing.T) {
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, "internal/contract/openapi.json")), &document); err != nil {
		t.Fatal(err)
	}
	want := allKinds(t)
	schemas := document.Components.Schemas
	listed := schemas["Activity"].Properties["kind"].Enum
	slices.Sort(listed)
	if !slices.Equal(listed, want) {
		t.Errorf("openapi.json lists the kinds %v, want %v", listed, want)
	}
	var described []string
	for name, schema := range schemas {
		if kind := schema.Properties["kind"].Enum; strings.HasSuffix(name, "Spec") && len(kind) == 1 {
			described = append(described, kind[0])
		}
	}
	slices.Sort(described)
	if !slices.Equal(described, want) {
		t.Errorf("openapi.json describes the kinds %v, want %v", described, want)
	}
}

func TestEveryKindHasItsFiles(t *testing.T) {
	for _, kind := range allKinds(t) {
		for _, pattern := range ownFiles {
			path := strings.ReplaceAll(pattern, "KIND", kind)
			if found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(path))); err != nil || len(found) == 0 {
				t.Errorf("the kind %s lacks %s (%v)", kind, path, err)
			}
		}
	}
}

// A kind whose records stand in no golden log may be folded otherwise tomorrow.
func TestEveryKindHasAGoldenLog(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join("..", "event", "testdata", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no golden logs: %v", err)
	}
	var records []byte
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			_, data, _ := strings.Cut(lines.Text(), " ")
			record, err := hex.DecodeString(data)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			records = append(records, record...)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range allKinds(t) {
		if !bytes.Contains(records, []byte(`"kind":"`+kind+`"`)) {
			t.Errorf("no golden log of internal/event/testdata adds a %s", kind)
		}
	}
}
