package main

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"drumroll/internal/contract"
)

// schemas makes JSON schemas of Go types, and keeps them by name.
type schemas struct {
	reflector  *jsonschema.Reflector
	all        jsonschema.Definitions
	drawRecord *jsonschema.Schema
}

// newSchemas reads the comments of the package in folder, and what a draw record holds.
func newSchemas(folder, drawRecord string) (*schemas, error) {
	r := &jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true}
	if err := r.AddGoComments("", folder, jsonschema.WithFullComment()); err != nil {
		return nil, err
	}
	comments := map[string]string{}
	for name, text := range r.CommentMap {
		_, name, _ = strings.Cut(name, "contract.")
		comments["drumroll/internal/contract."+name] = strings.Join(strings.Fields(text), " ")
	}
	r.CommentMap = comments
	text, err := os.ReadFile(drawRecord)
	if err != nil {
		return nil, err
	}
	var record struct{ Required []string }
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, err
	}
	s := &schemas{reflector: r, all: jsonschema.Definitions{}}
	s.drawRecord = &jsonschema.Schema{
		Type: "object", Required: record.Required, Description: comments["drumroll/internal/contract.DrawRecord"],
	}
	r.Mapper = s.special
	return s, nil
}

// special are the types that decode themselves.
func (s *schemas) special(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[contract.DrawRecord]():
		s.all["DrawRecord"] = s.drawRecord
		return &jsonschema.Schema{Ref: "#/$defs/DrawRecord"}
	case reflect.TypeFor[contract.Instant]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: "0", Description: "Unix time in ms."}, {Type: "string", Format: "date-time"},
		}}
	}
	return nil
}

// of is the schema of a value's type.
func (s *schemas) of(v any) *jsonschema.Schema {
	schema := s.reflector.Reflect(v)
	for name, definition := range schema.Definitions {
		if s.all[name] == nil {
			s.all[name] = definition
		}
	}
	schema.Definitions, schema.Version = nil, ""
	return schema
}

// finish says what Go's types cannot, and returns all schemas.
func (s *schemas) finish() jsonschema.Definitions {
	kinds := contract.Specs()
	names := slices.Sorted(maps.Keys(kinds))
	for _, definition := range s.all {
		finishObject(definition)
	}

	patch := s.all["SpecPatch"]
	for _, kind := range names {
		spec := s.all[reflect.TypeOf(kinds[kind]).Name()]
		for p := spec.Properties.Oldest(); p != nil; p = p.Next() {
			if _, known := patch.Properties.Get(p.Key); known || p.Key == "kind" {
				continue
			}
			one := *p.Value
			one.Default = nil // what is left out stays
			patch.Properties.Set(p.Key, &one)
		}
	}

	activity := s.all["Activity"]
	kind, _ := activity.Properties.Get("kind")
	for _, name := range names {
		kind.Enum = append(kind.Enum, name)
	}
	s.partsOfKinds(activity)
	return s.all
}

// partsOfKinds has an activity's schema require the members of its kind alone.
func (s *schemas) partsOfKinds(activity *jsonschema.Schema) {
	t := reflect.TypeFor[contract.Activity]()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		own := s.reflector.ReflectFromType(f.Type.Elem()).Definitions[f.Name].Required
		activity.Required = slices.DeleteFunc(activity.Required, func(name string) bool { return slices.Contains(own, name) })
		is := jsonschema.NewProperties()
		is.Set("kind", &jsonschema.Schema{Const: strings.ToLower(f.Name)})
		activity.AllOf = append(activity.AllOf, &jsonschema.Schema{
			If: &jsonschema.Schema{Properties: is}, Then: &jsonschema.Schema{Required: own},
		})
	}
}

// finishObject makes what has a default optional, and writes "or null" briefly.
func finishObject(definition *jsonschema.Schema) {
	if definition.Properties == nil {
		return
	}
	for p := definition.Properties.Oldest(); p != nil; p = p.Next() {
		if p.Value.Default != nil {
			definition.Required = slices.DeleteFunc(definition.Required, func(name string) bool { return name == p.Key })
		}
		if either := p.Value.OneOf; len(either) == 2 && either[1].Type == "null" {
			one := *either[0]
			one.Extras = map[string]any{"type": []string{one.Type, "null"}}
			one.Type = ""
			p.Value = &one
		}
	}
}
