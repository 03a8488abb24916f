package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

// prefix is where the handler is mounted.
const prefix = "/static/"

// Files are the built files, ready to be served. Safe for concurrent use.
type Files struct {
	byName map[string]*file // plain and hashed names
}

// file is one built file under both of its names.
type file struct {
	name    string // "phone.js"
	hashed  string // "phone.3F2A91C07B44.js"
	body    []byte
	gzipped []byte // nil where it does not pay
	etag    string
}

// New loads the files built into the program. It panics if they do not fit
// together, which a build cannot leave unnoticed: the tests call it too.
func New() *Files {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err)
	}
	files, err := Load(sub)
	if err != nil {
		panic(err)
	}
	return files
}

// Load reads the files at the top level of fsys, gives each its hashed name and
// compresses what pays. It fails if one cannot be read or two name each other in
// a circle.
func Load(fsys fs.FS) (*Files, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list static files: %w", err)
	}
	l := loader{fsys: fsys, files: &Files{byName: make(map[string]*file)}, busy: make(map[string]bool)}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if _, err := l.load(e.Name()); err != nil {
			return nil, err
		}
	}
	return l.files, nil
}

// URL is where the file of that name is served, under its hashed name. A name
// that was never built yields its plain URL, which answers 404.
func (f *Files) URL(name string) string {
	if got, ok := f.byName[name]; ok {
		return prefix + got.hashed
	}
	return prefix + name
}

// ServeHTTP answers GET and HEAD below /static/.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, prefix)
	got, ok := f.byName[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(got.name))
	h.Set("X-Content-Type-Options", "nosniff")
	if name == got.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body, etag := got.body, got.etag
	if got.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body, etag = got.gzipped, got.etag+"-gz"
		}
	}
	h.Set("ETag", `"`+etag+`"`)
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A client that went away is no fault of ours.
	_, _ = w.Write(body)
}

// reference is one built file named by another, always in quotes or url().
var reference = regexp.MustCompile(`(["'(])\./([a-z0-9-]+\.(?:js|css|woff2|svg))(["')])`)

type loader struct {
	fsys  fs.FS
	files *Files
	busy  map[string]bool
}

func (l *loader) load(name string) (*file, error) {
	if f, ok := l.files.byName[name]; ok {
		return f, nil
	}
	if l.busy[name] {
		return nil, fmt.Errorf("static files name each other in a circle at %q", name)
	}
	l.busy[name] = true
	body, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read static file %q: %w", name, err)
	}
	if ext := path.Ext(name); ext == ".js" || ext == ".css" {
		if body, err = l.link(body); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(body)
	f := &file{name: name, body: body, etag: hex.EncodeToString(sum[:6])}
	ext := path.Ext(name)
	f.hashed = strings.TrimSuffix(name, ext) + "." + f.etag + ext
	if ext != ".woff2" {
		if f.gzipped, err = squeeze(body); err != nil {
			return nil, fmt.Errorf("compress static file %q: %w", name, err)
		}
	}
	l.files.byName[f.name] = f
	l.files.byName[f.hashed] = f
	return f, nil
}

// link rewrites the plain names in body to hashed ones.
func (l *loader) link(body []byte) ([]byte, error) {
	var failed error
	linked := reference.ReplaceAllFunc(body, func(match []byte) []byte {
		part := reference.FindSubmatch(match)
		f, err := l.load(string(part[2]))
		if err != nil {
			failed = err
			return match
		}
		return bytes.Join([][]byte{part[1], []byte("./" + f.hashed), part[3]}, nil)
	})
	return linked, failed
}

// squeeze compresses body as hard as gzip can; nil where that saves nothing.
func squeeze(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() >= len(body) {
		return nil, nil
	}
	return b.Bytes(), nil
}

// contentType is fixed here, for the system's own table differs between machines.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		return "text/plain; charset=utf-8"
	}
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, section 12.5.3).
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if c := strings.ToLower(strings.TrimSpace(coding)); c != "gzip" && c != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if weight, err := strconv.ParseFloat(q, 64); found && err == nil && weight == 0 {
			return false
		}
		return true
	}
	return false
}

// matches reads an If-None-Match header (RFC 9110, section 13.1.2).
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == "*" || part == `"`+etag+`"` {
			return true
		}
	}
	return false
}
