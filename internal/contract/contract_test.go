package contract_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"drumroll/internal/contract"
)

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
