package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"drumroll/internal/contract"
)

func TestDescriptionIsUpToDate(t *testing.T) {
	text, err := describe("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, contract.Description()) {
		t.Error("openapi.json is not what the types say: run make generate")
	}
}

// The table of operations and the routes name the same calls.
func TestEveryRouteIsAnOperation(t *testing.T) {
	var described []string
	for _, o := range operations() {
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
	source, err := os.ReadFile("../../../web/routes.go")
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
