package contract

// KindScale is a question that is answered by a number from a few, as one to five stars.
const KindScale = "scale"

// Scale is what only activities of kind scale have.
type Scale struct {
	// The lowest point; counts begin with it.
	Min int `json:"min"`
	// The highest point.
	Max int `json:"max"`
	// What the lowest and the highest point mean; absent, or two texts.
	Labels []string `json:"labels,omitempty"`
	// Of all entries, to two decimals; absent without counts or entries.
	Mean *float64 `json:"mean,omitempty"`
}

// ScaleSpec describes a scale to add.
type ScaleSpec struct {
	Kind  string `json:"kind" jsonschema:"enum=scale"`
	Title string `json:"title" jsonschema:"minLength=1,maxLength=200"`
	// The lowest point.
	Min int `json:"min" jsonschema:"default=1"`
	// The highest point, 1 to 10 above the lowest.
	Max int `json:"max" jsonschema:"default=5"`
	// What the lowest and the highest point mean; none, or two texts.
	Labels []string `json:"labels,omitempty" jsonschema:"maxItems=2,minLength=1,maxLength=200"`
	// Who sees counts before they are revealed: all from open on, or the host alone.
	Results string `json:"results,omitempty" jsonschema:"enum=live,enum=hidden,default=live"`
}
