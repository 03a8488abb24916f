package contract_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"drumroll/internal/contract"
)

// The table of operations and the routes name the same calls.
func TestEveryRouteIsAnOperation(t *testing.T) {
	var described []string
	for _, o := range contract.Operations() {
		described = append(described, o.Method+" "+o.Path)
	}
	routes := apiRoutes(t)
	for _, d := range described {
		if !slices.Contains(routes, d) {
			t.Errorf("%s is described, and is no route", d)
		}
	}
	for _, r := range routes {
		if !slices.Contains(described, r) {
			t.Errorf("the route %s is not described", r)
		}
	}
}

// apiRoutes reads the calls of the API out of the file that holds every route.
func apiRoutes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	_, api, ok := strings.Cut(string(source), `r.Route("/api/v1"`)
	if !ok {
		t.Fatal(`routes.go has no r.Route("/api/v1"`)
	}
	api, _, _ = strings.Cut(api, "r.Group(")
	var routes []string
	prefix := ""
	for line := range strings.Lines(api) {
		if m := regexp.MustCompile(`r\.Route\("([^"]+)"`).FindStringSubmatch(line); m != nil {
			prefix = m[1]
		}
		if m := regexp.MustCompile(`r\.(Get|Post|Put|Patch|Delete)\("([^"]+)"`).FindStringSubmatch(line); m != nil {
			routes = append(routes, strings.ToUpper(m[1])+" "+strings.TrimSuffix(prefix+m[2], "/"))
		}
	}
	if len(routes) < 20 {
		t.Fatalf("only %d calls found in routes.go", len(routes))
	}
	return routes
}

// The description is complete: nothing refers to a part that is not there, and every
// parameter of a path is described.
func TestReferencesResolve(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(contract.Description(), &doc); err != nil {
		t.Fatal(err)
	}
	references := regexp.MustCompile(`"\$ref":\s*"#/([^"]+)"`).FindAllStringSubmatch(string(contract.Description()), -1)
	if len(references) < 100 {
		t.Errorf("only %d references", len(references))
	}
	for _, ref := range references {
		var at any = doc
		for _, name := range strings.Split(ref[1], "/") {
			m, _ := at.(map[string]any)
			at = m[name]
		}
		if at == nil {
			t.Errorf("openapi.json refers to %s, which is not there", ref[1])
		}
	}
}

// An activity is flat, and encoding/json drops a name that two kinds share.
func TestKindsShareNoMember(t *testing.T) {
	seen := map[string]string{}
	var walk func(of string, t reflect.Type)
	walk = func(of string, s reflect.Type) {
		for f := range s.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous {
				walk(f.Name, f.Type.Elem())
			} else if other, ok := seen[name]; ok {
				t.Errorf("%s and %s both have a member %q", other, of, name)
			} else {
				seen[name] = of
			}
		}
	}
	walk("Activity", reflect.TypeFor[contract.Activity]())
}
