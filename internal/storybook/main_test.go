package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryStoryRendersInEveryTheme(t *testing.T) {
	handler := Handler()
	for _, g := range groups() {
		names := make(map[string]bool)
		for i, s := range g.Stories {
			if names[s.Name] {
				t.Errorf("%s: two stories are named %q", g.Name, s.Name)
			}
			names[s.Name] = true
			for _, theme := range []string{"", "light", "dark"} {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, fmt.Sprintf("/%s/%d?theme=%s", g.Name, i+1, theme), nil))
				page := w.Body.String()
				if w.Code != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
					t.Errorf("%s, %s, theme %q: %d and a page of %d bytes", g.Name, s.Name, theme, w.Code, len(page))
				}
				if forced := strings.Contains(page, fmt.Sprintf("data-theme=%q", theme)); forced != (theme != "") {
					t.Errorf("%s, %s: theme %q not heeded", g.Name, s.Name, theme)
				}
			}
		}
	}
}

func TestIndexLinksEveryStory(t *testing.T) {
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	for _, g := range groups() {
		if last := fmt.Sprintf(`href="/%s/%d"`, g.Name, len(g.Stories)); !strings.Contains(w.Body.String(), last) {
			t.Errorf("the index lacks %s", last)
		}
	}
}
