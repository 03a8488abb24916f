package contract

// KindPoll is a question with options. An Activity of it has no members of its own.
const KindPoll = "poll"

// PollSpec describes a poll to add.
type PollSpec struct {
	Kind       string   `json:"kind" jsonschema:"enum=poll"`
	Title      string   `json:"title" jsonschema:"minLength=1,maxLength=200"`
	Options    []string `json:"options" jsonschema:"minItems=1,maxItems=50,minLength=1,maxLength=200"`
	MaxChoices int      `json:"max_choices,omitempty" jsonschema:"minimum=1,maximum=50,default=1"`
	// Who sees counts before they are revealed: all from open on, or the host alone.
	Results string `json:"results,omitempty" jsonschema:"enum=live,enum=hidden,default=live"`
}
