package fairdraw

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The published schema names the members that records have.
func TestSchemaNamesTheMembers(t *testing.T) {
	type object struct {
		Required   []string
		Properties map[string]any
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	data, err := os.ReadFile("../../docs/draw-record.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	ra := newRaffle(10)
	members := func(v any) []string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(m))
	}
	sorted := func(s []string) []string { return slices.Sorted(slices.Values(s)) }
	place, skip := schema.Defs["place"], schema.Defs["skip"]
	for what, pair := range map[string][2][]string{
		"required members of a record": {members(newPlainRaffle(10).records[0]), sorted(schema.Required)},
		"members of a freeze":          {members(ra.records[0].Freeze), slices.Sorted(maps.Keys(schema.Defs["freeze"].Properties))},
		"required members of a freeze": {members(newPlainRaffle(10).records[0].Freeze), sorted(schema.Defs["freeze"].Required)},
		"members of rules":             {members(ra.records[0].Freeze.Rules), sorted(schema.Defs["rules"].Required)},
		"members of a redraw's record": {members(ra.records[1]), slices.Sorted(maps.Keys(schema.Properties))},
		"required members of a winner": {members(ra.records[0].Winners[0]), sorted(place.Required)},
		"members of a winner":          {members(ra.records[0].Winners[0]), slices.Sorted(maps.Keys(place.Properties))},
		"required members of a skip":   {members(ra.records[2].Skips[0]), sorted(append(place.Required, skip.Required...))},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (- made, + schema):\n%s", what, diff)
		}
	}
}
