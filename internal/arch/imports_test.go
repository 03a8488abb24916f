package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "drumroll"

// unread are folders without code of ours: tmp is everybody's own scratch space,
// which git does not see.
var unread = []string{"node_modules", "testdata", "tmp"}

// source is one Go file.
type source struct {
	path    string // from the module's root, with slashes
	pkg     string // folder, from the module's root
	name    string // in its package clause
	test    bool
	doc     bool // has a package comment
	imports []string
}

// sources are all Go files of the module, under any build tag. A folder with a
// go.mod of its own (bench) is another one.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || slices.Contains(unread, d.Name()) || isModule(p)):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(p) != ".go":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, source{
			path: rel, pkg: path.Dir(rel), name: file.Name.Name, doc: documents(file),
			test: strings.HasSuffix(rel, "_test.go"), imports: imports(t, file),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func documents(f *ast.File) bool { return f.Doc != nil && len(f.Doc.Text()) > 0 }

func imports(t *testing.T, f *ast.File) []string {
	t.Helper()
	var all []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// allowed reports whether an import stands in one of the lists; a name covers the
// packages below it for other people's modules only.
func allowed(imp string, lists ...[]string) bool {
	ours, isOurs := strings.CutPrefix(imp, module+"/")
	for _, name := range slices.Concat(lists...) {
		switch {
		case name == anything:
			return true
		case isOurs && name == ours:
			return true
		case !isOurs && (imp == name || strings.HasPrefix(imp, name+"/")):
			return true
		}
	}
	return false
}

func standard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".") && first != module
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, s := range sources(t) {
		r, ok := rules[s.pkg]
		if !ok {
			t.Errorf("%s: package %s is not in the table of rules_test.go", s.path, s.pkg)
			continue
		}
		for _, imp := range s.imports {
			if standard(imp) || allowed(imp, r.ours, r.theirs) {
				continue
			}
			if s.test && (imp == module+"/"+s.pkg || allowed(imp, r.tests, support)) {
				continue
			}
			t.Errorf("%s must not import %s", s.path, imp)
		}
	}
}

// A rule for a package that is gone would let its name come back unseen.
func TestRulesNameOnlyWhatExists(t *testing.T) {
	found := map[string]bool{}
	for _, s := range sources(t) {
		found[s.pkg] = true
	}
	for pkg := range rules {
		if !found[pkg] {
			t.Errorf("rules_test.go names package %s, which is not there", pkg)
		}
	}
}

func TestPurePackagesKnowNoClockAndNoChance(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !slices.Contains(pure, s.pkg) {
			continue
		}
		for _, imp := range s.imports {
			if slices.Contains(impure, imp) {
				t.Errorf("%s must not import %s: the fold and the draw are the same on every node", s.path, imp)
			}
		}
	}
}

func TestPackagesHaveTellingNamesAndADoc(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		for _, name := range []string{s.name, path.Base(s.pkg)} {
			if slices.Contains(vague, strings.TrimSuffix(name, "_test")) {
				t.Errorf("%s: %q says nothing about what lives there", s.path, name)
			}
		}
		if !s.test {
			documented[s.pkg] = documented[s.pkg] || s.doc
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment (doc.go)", pkg)
		}
	}
}

// The checks above are only worth something if they can fail.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		imp  string
		list []string
		want bool
	}{
		{"drumroll/internal/event", []string{"internal/event"}, true},
		{"drumroll/internal/eventlog", []string{"internal/event"}, false},
		{"drumroll/internal/eventlog/filelog", []string{"internal/eventlog"}, false},
		{"github.com/redis/go-redis/v9/maintnotifications", []string{"github.com/redis/go-redis/v9"}, true},
		{"github.com/redis/go-redis-other", []string{"github.com/redis/go-redis"}, false},
		{"drumroll/web", []string{anything}, true},
	} {
		if got := allowed(c.imp, c.list); got != c.want {
			t.Errorf("allowed(%q, %v) = %v, want %v", c.imp, c.list, got, c.want)
		}
	}
	for imp, want := range map[string]bool{"net/http": true, "drumroll/web": false, "golang.org/x/mod": false} {
		if got := standard(imp); got != want {
			t.Errorf("standard(%q) = %v, want %v", imp, got, want)
		}
	}
}
