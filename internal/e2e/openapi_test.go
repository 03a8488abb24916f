//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The API's description and the routes name the same calls.
func TestOpenAPIDescribesEveryCall(t *testing.T) {
	s := startServer(t)
	var doc struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	call(t, "GET", s.url()+"/api/v1/openapi.json", "", nil, http.StatusOK, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("the description is OpenAPI %q, want 3.1", doc.OpenAPI)
	}
	var described []string
	for path, methods := range doc.Paths {
		for method := range methods {
			if method != "parameters" {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
	}
	routes := apiRoutes(t)
	slices.Sort(described)
	slices.Sort(routes)
	for _, d := range described {
		if !slices.Contains(routes, d) {
			t.Errorf("openapi.json describes %s, which is no route", d)
		}
	}
	for _, r := range routes {
		if !slices.Contains(described, r) {
			t.Errorf("openapi.json does not describe %s", r)
		}
	}

	// Nothing refers to a part that is not there.
	_, body, err := tell(http.DefaultClient, "GET", s.url()+"/api/v1/openapi.json", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(body, &whole); err != nil {
		t.Fatal(err)
	}
	for _, ref := range regexp.MustCompile(`"\$ref":\s*"#/([^"]+)"`).FindAllStringSubmatch(string(body), -1) {
		var at any = whole
		for _, name := range strings.Split(ref[1], "/") {
			m, _ := at.(map[string]any)
			at = m[name]
		}
		if at == nil {
			t.Errorf("openapi.json refers to %s, which is not there", ref[1])
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
