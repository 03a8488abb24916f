package contracttest

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"drumroll/internal/contract"
)

const document = "openapi.json"

// Description is openapi.json, ready to check with. It is stricter than what is published:
// no object has a member that is not described.
type Description struct {
	paths    map[string]any
	mu       sync.Mutex // of compiler
	compiler *jsonschema.Compiler
}

// New reads openapi.json.
func New() (*Description, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(contract.Description()))
	if err != nil {
		return nil, err
	}
	doc := parsed.(map[string]any)
	for _, schema := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		if object := schema.(map[string]any); object["properties"] != nil {
			object["additionalProperties"] = false
		}
	}
	d := &Description{paths: doc["paths"].(map[string]any), compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	return d, d.compiler.AddResource(document, doc)
}

// Routes are the described calls, as METHOD /path.
func (d *Description) Routes() (all []string) {
	for path, methods := range d.paths {
		for method := range methods.(map[string]any) {
			if method != "parameters" {
				all = append(all, strings.ToUpper(method)+" "+path)
			}
		}
	}
	return all
}

// Answer fails a test unless the answer to a call, whose path is one below /api/v1, has the
// form that is described for its status.
func (d *Description) Answer(t testing.TB, method, path string, status int, kind string, body []byte) {
	t.Helper()
	pattern, responses := d.find(method, path)
	if responses == nil {
		return // not of the API: its answer is a 404 or 405
	}
	response, at := responses[strconv.Itoa(status)], "#/paths/"+escape(pattern)+"/"+strings.ToLower(method)+"/responses/"+strconv.Itoa(status)
	if response == nil {
		t.Errorf("%s %s: status %d is not described", method, pattern, status)
		return
	}
	if ref, ok := response.(map[string]any)["$ref"].(string); ok {
		at = ref
	}
	media, _, _ := strings.Cut(kind, ";")
	if !strings.HasSuffix(media, "json") {
		return // text, or nothing
	}
	d.check(t, at+"/content/"+escape(media)+"/schema", method+" "+pattern, body)
}

// Frame fails a test unless a frame of the server's has the form that is described.
func (d *Description) Frame(t testing.TB, frame []byte) {
	t.Helper()
	for start, schema := range map[string]string{`{"t":"ack"`: "Ack", `{"t":"state"`: "State", `{"t":"tick"`: "Tick", `{"t":"won"`: "WonFrame"} {
		if bytes.HasPrefix(frame, []byte(start)) {
			d.check(t, "#/components/schemas/"+schema, "frame", frame)
			return
		}
	}
	t.Errorf("no type of frame that is described: %.100s", frame)
}

func (d *Description) check(t testing.TB, at, what string, body []byte) {
	t.Helper()
	d.mu.Lock()
	schema, err := d.compiler.Compile(document + at)
	d.mu.Unlock()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s: not as openapi.json describes: %v\n%.2000s", what, err, body)
	}
}

// find is the described path that fits a call's, and its responses by status.
func (d *Description) find(method, path string) (pattern string, responses map[string]any) {
	path, _, _ = strings.Cut(path, "?")
	parts, most := strings.Split(strings.TrimSuffix(path, "/"), "/"), -1
	for p, methods := range d.paths {
		operation, ok := methods.(map[string]any)[strings.ToLower(method)].(map[string]any)
		if same := literals(parts, strings.Split(p, "/")); ok && same > most {
			pattern, responses, most = p, operation["responses"].(map[string]any), same
		}
	}
	return pattern, responses
}

// literals is how many parts of a path are written out in a pattern; below 0: it does not fit.
func literals(parts, pattern []string) (n int) {
	if len(parts) != len(pattern) {
		return -1
	}
	for i, p := range pattern {
		if parts[i] == p {
			n++
		} else if !strings.HasPrefix(p, "{") {
			return -1
		}
	}
	return n
}

// escape is a name as part of a JSON pointer in a URL.
func escape(name string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}
