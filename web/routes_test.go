package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/contract/contracttest"
	"drumroll/static"
)

// The API's description and the routes name the same calls.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Files: static.New()})
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	err = chi.Walk(s.Handler.(chi.Routes), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if path, ok := strings.CutPrefix(path, "/api/v1"); ok {
			routes = append(routes, method+" "+strings.TrimSuffix(path, "/"))
		}
		return nil
	})
	if err != nil || len(routes) < 20 {
		t.Fatalf("%d routes: %v", len(routes), err)
	}
	d, err := contracttest.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range d.Routes() {
		if !slices.Contains(routes, call) {
			t.Errorf("openapi.json describes %s, which is no route", call)
		}
	}
	for _, route := range routes {
		if !slices.Contains(d.Routes(), route) {
			t.Errorf("openapi.json does not describe %s", route)
		}
	}
}
