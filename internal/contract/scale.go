package contract

// KindScale is a question that is answered by a number from a few, as one to five stars.
const KindScale = "scale"

// Scale is what only activities of kind scale have.
type Scale struct {
	Min    int      `json:"min"`            // The lowest point; counts begin with it.
	Max    int      `json:"max"`            // The highest point.
	Labels []string `json:"labels"`         // What the lowest and the highest point mean: two texts, or none.
	Mean   *float64 `json:"mean,omitempty"` // Of all entries, to two decimals; absent without counts or entries.
}

// ScaleSpec describes a scale to add.
type ScaleSpec struct {
	Kind  string `json:"kind" jsonschema:"enum=scale"`
	Title string `json:"title" jsonschema:"minLength=1,maxLength=200"`
	Min   int    `json:"min" jsonschema:"default=1"` // The lowest point.
	Max   int    `json:"max" jsonschema:"default=5"` // The highest point, 1 to 10 above the lowest.
	// What the lowest and the highest point mean; none, or two texts.
	Labels []string `json:"labels,omitempty" jsonschema:"maxItems=2,minLength=1,maxLength=200"`
	// Who sees counts before they are revealed: all from open on, or the host alone.
	Results string `json:"results,omitempty" jsonschema:"enum=live,enum=hidden,default=live"`
}
