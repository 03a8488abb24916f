package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func get(t *testing.T, f *Files, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		from = unzipped
	}
	b, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func load(t *testing.T, files map[string]string) *Files {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	f, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHashedNamesAreImmutableAndPlainOnesRevalidated(t *testing.T) {
	f := load(t, map[string]string{"phone.css": strings.Repeat("a{color:red}", 50)})
	url := f.URL("phone.css")
	if !regexp.MustCompile(`^/static/phone\.[0-9a-f]{12}\.css$`).MatchString(url) {
		t.Fatalf("URL = %q", url)
	}
	for path, cache := range map[string]string{
		url:                 "public, max-age=31536000, immutable",
		"/static/phone.css": "no-cache",
	} {
		r := get(t, f, path)
		got := []string{r.Header.Get("Cache-Control"), r.Header.Get("Content-Type"), r.Header.Get("Vary"), r.Header.Get("X-Content-Type-Options")}
		if diff := cmp.Diff([]string{cache, "text/css; charset=utf-8", "Accept-Encoding", "nosniff"}, got); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", path, diff)
		}
	}
}

func TestAnswersNotModifiedToTheSameEncodingOnly(t *testing.T) {
	f := load(t, map[string]string{"phone.js": strings.Repeat("let a = 1;", 50)})
	plain := get(t, f, "/static/phone.js").Header.Get("ETag")
	zipped := get(t, f, "/static/phone.js", "Accept-Encoding", "gzip").Header.Get("ETag")
	if plain == "" || plain == zipped {
		t.Fatalf("ETags %q and %q: two representations need two", plain, zipped)
	}
	for _, c := range []struct {
		match, accept string
		want          int
	}{
		{plain, "", http.StatusNotModified},
		{"W/" + plain, "", http.StatusNotModified},
		{`"other", ` + zipped, "gzip", http.StatusNotModified},
		{plain, "gzip", http.StatusOK},
		{`"other"`, "", http.StatusOK},
	} {
		r := get(t, f, "/static/phone.js", "If-None-Match", c.match, "Accept-Encoding", c.accept)
		if r.StatusCode != c.want {
			t.Errorf("If-None-Match %s, Accept-Encoding %q: %d, want %d", c.match, c.accept, r.StatusCode, c.want)
		}
	}
}

func TestGzipIsSentToThoseWhoTakeIt(t *testing.T) {
	source := strings.Repeat("let a = 1;", 50)
	f := load(t, map[string]string{"phone.js": source})
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "br, gzip;q=0.5": "gzip", "gzip;q=0": "", "gzip; q=0.0": "", "*": "gzip", "identity": "",
	} {
		r := get(t, f, "/static/phone.js", "Accept-Encoding", accept)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
		}
		if got := body(t, r); got != source {
			t.Errorf("Accept-Encoding %q: body of %d bytes, want %d", accept, len(got), len(source))
		}
	}
}

func TestReferencesLeadToHashedNames(t *testing.T) {
	files := map[string]string{
		"a.css":     `@font-face{src:url(./x.woff2)}`,
		"a.js":      `import("./chunk.js");"./unknown.txt"`,
		"chunk.js":  `export default 1`,
		"x.woff2":   "font",
		"plain.svg": `<svg/>`,
	}
	f := load(t, files)
	trim := func(url string) string { return "./" + strings.TrimPrefix(url, "/static/") }
	if got, want := body(t, get(t, f, "/static/a.css")), "@font-face{src:url("+trim(f.URL("x.woff2"))+")}"; got != want {
		t.Errorf("css = %s, want %s", got, want)
	}
	if got, want := body(t, get(t, f, "/static/a.js")), `import("`+trim(f.URL("chunk.js"))+`");"./unknown.txt"`; got != want {
		t.Errorf("js = %s, want %s", got, want)
	}
	files["x.woff2"] = "another font"
	if load(t, files).URL("a.css") == f.URL("a.css") {
		t.Error("a style sheet keeps its name though its font changed")
	}
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"a file that is missing": {"a.js": {Data: []byte(`import "./b.js"`)}},
		"a circle":               {"a.js": {Data: []byte(`import "./b.js"`)}, "b.js": {Data: []byte(`import "./a.js"`)}},
	} {
		if _, err := Load(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnknownNamesAndOtherMethods(t *testing.T) {
	f := load(t, map[string]string{"a.js": "1"})
	for _, path := range []string{"/static/", "/static/b.js", "/static/a.000000000000.js", "/static/../fs.go"} {
		if r := get(t, f, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, r.StatusCode)
		}
	}
	if got := f.URL("b.js"); got != "/static/b.js" {
		t.Errorf("URL of an unknown name = %q", got)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/static/a.js", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	w = httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/static/a.js", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "1" {
		t.Errorf("HEAD: %d with %d bytes, Content-Length %q", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

// What a phone loads before anything can be tapped, with headers: under 60 KB.
// The page itself is measured where pages are served.
func TestPhonesFirstLoadIsSmall(t *testing.T) {
	const page, budget = 8 << 10, 60_000
	f := New()
	total := page
	for _, name := range []string{"phone.css", "phone.js", "bricolage.woff2", "favicon.svg"} {
		r := get(t, f, f.URL(name), "Accept-Encoding", "gzip")
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", name, r.StatusCode)
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Fatal(err)
		}
		total += int(n) + 400 // headers
	}
	if total > budget {
		t.Errorf("a phone's first load takes %d bytes, the budget is %d", total, budget)
	}
}
