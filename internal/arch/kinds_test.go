package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kindTable holds the fold's table of kinds, which all other layers follow, the
// constants that name them, and the struct with a member for each.
const kindTable = "internal/event/kind.go"

// besides is Go that does not ship. It may name kinds as it likes.
var besides = []string{"internal/arch", "internal/beacon/beacontest", "internal/contract/contracttest", "internal/e2e", "internal/eventlog/eventlogtest",
	"internal/faults", "internal/nodetest", "internal/redistest", "internal/storybook"}

// goFile is one parsed file that is written by hand.
type goFile struct {
	path string // from the module's root
	pkg  string // folder
	*ast.File
	set *token.FileSet
}

// goFiles are all Go files but tests and generated ones.
func goFiles(t *testing.T) (all []goFile) {
	t.Helper()
	for _, s := range sources(t) {
		if s.test || strings.HasSuffix(s.path, "_templ.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", s.path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, goFile{s.path, s.pkg, file, set})
	}
	return all
}

// kindNames are what the kinds are called in Go.
type kindNames struct {
	members   map[string]string            // kind → the fold's constant, which the members of structs are named after
	constants map[string]map[string]string // package → constant → kind
}

func findKinds(t *testing.T, files []goFile) *kindNames {
	t.Helper()
	at := slices.IndexFunc(files, func(f goFile) bool { return f.path == kindTable })
	if at < 0 {
		t.Fatalf("%s is not there", kindTable)
	}
	names := &kindNames{map[string]string{}, map[string]map[string]string{}}
	values := stringConstants(files[at].File)
	ast.Inspect(files[at].File, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && values[key.Name] != "" {
				names.members[values[key.Name]] = key.Name
			}
		}
		return true
	})
	if len(names.members) < 2 {
		t.Fatalf("%s has the kinds %v: its table was not understood", kindTable, names.members)
	}
	for _, f := range files {
		for name, value := range stringConstants(f.File) {
			if names.members[value] == "" {
				continue
			}
			if names.constants[f.pkg] == nil {
				names.constants[f.pkg] = map[string]string{}
			}
			names.constants[f.pkg][name] = value
		}
	}
	return names
}

// stringConstants are a file's constants that are string literals.
func stringConstants(f *ast.File) map[string]string {
	all := map[string]string{}
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			for i := range min(len(value.Names), len(value.Values)) {
				if text, ok := literal(value.Values[i]); ok {
					all[value.Names[i].Name] = text
				}
			}
		}
	}
	return all
}

func literal(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// use is one place that names a kind.
type use struct {
	kind, text string
	pos        token.Pos
}

// finder collects what one file names.
type finder struct {
	*kindNames
	file     goFile
	imported map[string]string // local name → package of ours
	uses     []use
	tables   [][]string // the kinds that are keys of each map
}

// read finds all places of a file that name a kind, and its tables, whose keys are
// none of these places.
func (k *kindNames) read(f goFile) *finder {
	found := &finder{kindNames: k, file: f, imported: map[string]string{}}
	for _, spec := range f.Imports {
		full, _ := strconv.Unquote(spec.Path.Value)
		if ours, ok := strings.CutPrefix(full, module+"/"); ok {
			name := path.Base(ours)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			found.imported[name] = ours
		}
	}
	ast.Inspect(f.File, found.visit)
	return found
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Field: // its name and tag are the struct's
		ast.Inspect(n.Type, f.visit)
		return false
	case *ast.CompositeLit:
		f.composite(n)
		return false
	case *ast.BasicLit, *ast.Ident:
		f.add(f.kindOf(n.(ast.Expr)), n.(ast.Expr))
	case *ast.SelectorExpr:
		kind := f.kindOf(n)
		for k, member := range f.members { // a.Raffle reads the part of one kind
			if kind == "" && n.Sel.Name == member && f.file.path != kindTable {
				kind = k
			}
		}
		f.add(kind, n)
		ast.Inspect(n.X, f.visit)
		return false
	case *ast.ValueSpec:
		for i, value := range n.Values {
			// The fold's constants name the kinds for all.
			if i < len(n.Names) && f.file.path == kindTable && f.constants[f.file.pkg][n.Names[i].Name] != "" {
				continue
			}
			ast.Inspect(value, f.visit)
		}
		return false
	}
	return true
}

func (f *finder) composite(lit *ast.CompositeLit) {
	_, isMap := lit.Type.(*ast.MapType)
	var keys []string
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			ast.Inspect(e, f.visit)
			continue
		}
		if kind := f.kindOf(pair.Key); isMap && kind != "" {
			keys = append(keys, kind)
		} else if isMap {
			ast.Inspect(pair.Key, f.visit)
		}
		ast.Inspect(pair.Value, f.visit)
	}
	if keys != nil {
		slices.Sort(keys)
		f.tables = append(f.tables, keys)
	}
}

func (f *finder) add(kind string, e ast.Expr) {
	if kind != "" {
		f.uses = append(f.uses, use{kind, text(e), e.Pos()})
	}
}

// kindOf is the kind whose name an expression is, or "".
func (f *finder) kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return f.constants[f.file.pkg][e.Name]
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return f.constants[f.imported[x.Name]][e.Sel.Name]
		}
	case *ast.BasicLit:
		if text, ok := literal(e); ok && f.members[text] != "" {
			return text
		}
	}
	return ""
}

func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	case *ast.BasicLit:
		return e.Value
	}
	return "…"
}

// owned reports whether a file is a kind's own: poll.go, view_poll.go,
// raffle_phone.templ, kinds/poll-host.css.
func owned(file, kind string) bool {
	parts := strings.FieldsFunc(path.Base(file), func(r rune) bool { return strings.ContainsRune("_-.", r) })
	return slices.Contains(parts, kind)
}

// A kind that others compare with or reach into cannot be added or changed in its own
// files alone.
func TestKindsAreNamedInTheirOwnFilesOnly(t *testing.T) {
	files := goFiles(t)
	names := findKinds(t, files)
	for _, f := range files {
		if slices.Contains(besides, f.pkg) {
			continue
		}
		for _, use := range names.read(f).uses {
			if !owned(f.path, use.kind) {
				t.Errorf("%s:%d names the kind %s: %s", f.path, f.set.Position(use.pos).Line, use.kind, use.text)
			}
		}
	}
	for _, s := range texts(t) {
		for kind, line := range namedIn(s, names.members) {
			t.Errorf("%s names the kind %s: %s", s.path, kind, strings.TrimSpace(line))
		}
	}
}

// textFile is a file that is no Go: a template, a script or a style sheet.
type textFile struct{ path, text string }

// texts are those that ship and are written by hand.
func texts(t *testing.T) (all []textFile) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, folder := range []string{"web/ui", "static/js/src", "static/css"} {
		before := len(all)
		err := filepath.WalkDir(filepath.Join(root, folder), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".templ", ".js", ".css"}, filepath.Ext(p)) {
				return err
			}
			text, err := os.ReadFile(p)
			rel, _ := filepath.Rel(root, p)
			all = append(all, textFile{filepath.ToSlash(rel), string(text)})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == before {
			t.Fatalf("%s holds no templates, scripts or style sheets", folder)
		}
	}
	return all
}

// isList tells the files whose lines import one file of each kind.
var isList = regexp.MustCompile(`/kinds/index\.js$|/css/\w+\.css$`)

// namedIn finds the lines that name a kind in a file that is not its own.
func namedIn(f textFile, members map[string]string) map[string]string {
	found := map[string]string{}
	for kind, member := range members {
		name := regexp.MustCompile("[\"'`]" + kind + "[\"'`]|\\bkinds[./]" + kind + `\b|data-kind[~|^$*]?=\W?` + kind + `\b|\b(?:event|contract)\.(?:Kind)?` + member + `\b|\.` + member + `\b`)
		for line := range strings.Lines(f.text) {
			if strings.HasPrefix(strings.TrimSpace(line), "//") || owned(f.path, kind) || isList.MatchString(f.path) && importsKind(line, kind) {
				continue
			}
			if name.MatchString(line) {
				found[kind] = line
			}
		}
	}
	return found
}

func importsKind(line, kind string) bool {
	return (strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "@import ")) && strings.Contains(line, "/"+kind)
}
