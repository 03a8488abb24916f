package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"drumroll/internal/contract"
)

const output = "internal/contract/openapi.json"

func main() {
	text, err := describe(".")
	if err == nil {
		err = os.WriteFile(output, text, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

type object = map[string]any

// document is OpenAPI's outermost object, in the order in which people read it.
type document struct {
	OpenAPI    string            `json:"openapi"`
	Info       info              `json:"info"`
	Servers    []object          `json:"servers"`
	Tags       []object          `json:"tags"`
	Paths      map[string]object `json:"paths"`
	Components object            `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
}

const about = "Every event is one append-only log, and everything else is a fold of it. An answer says what the fold made of a call, after it was durable in the log.\n\n" +
	"Host calls carry `Authorization: Bearer <host_key>`, participant calls `Authorization: Bearer <token>`; browsers use the cookies. A bearer token beats a cookie. Codes may be typed in any case.\n\n" +
	"Besides these calls there is a websocket, `/{code}/ws?view=phone|screen|host`, subprotocol `drumroll.v1`: entries (schema EntryFrame) with acknowledgements (Ack), whole states (State), ticks of the counts (Tick), and wins (WonFrame)."

// describe describes the API; root is the module's folder.
func describe(root string) ([]byte, error) {
	types, err := newSchemas(filepath.Join(root, "internal", "contract"), filepath.Join(root, "docs", "draw-record.schema.json"))
	if err != nil {
		return nil, err
	}
	doc := document{
		OpenAPI: "3.1.0",
		Info:    info{"Drumroll", "1", "Activities for the live part of an event.", about},
		Servers: []object{{"url": "/api/v1"}},
		Paths:   map[string]object{},
	}
	for _, tag := range tags() {
		doc.Tags = append(doc.Tags, object{"name": tag})
	}
	inPaths := object{}
	for _, p := range parameters() {
		inPaths[p.Name] = parameter(p)
	}
	for _, o := range operations() {
		at := doc.Paths[o.Path]
		if at == nil {
			at = object{}
			if named := pathParameters(o.Path); named != nil {
				at["parameters"] = named
			}
			doc.Paths[o.Path] = at
		}
		at[strings.ToLower(o.Method)] = types.operation(&o)
	}
	for _, frame := range frames() {
		types.of(frame)
	}
	doc.Components = object{
		"parameters": inPaths, "responses": types.problems(), "securitySchemes": securitySchemes(), "schemas": types.finish(),
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("#/$defs/"), []byte("#/components/schemas/")), nil
}

func parameter(p pathParameter) object {
	schema := object{"type": "string"}
	switch {
	case p.Number:
		schema = object{"type": "integer", "minimum": 1}
	case p.Values != nil:
		schema = object{"enum": p.Values}
	case p.Pattern != "":
		schema["pattern"] = p.Pattern
	}
	out := object{"name": p.Name, "in": "path", "required": true, "schema": schema}
	if p.Description != "" {
		out["description"] = p.Description
	}
	return out
}

func pathParameters(path string) (all []object) {
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		all = append(all, ref("parameters", m[1]))
	}
	return all
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

func content(media string, schema any) object { return object{media: object{"schema": schema}} }

func (s *schemas) operation(o *operation) object {
	out := object{"operationId": o.ID, "tags": []string{o.Tag}, "summary": o.Summary, "security": security(o.Caller)}
	if o.Description != "" {
		out["description"] = o.Description
	}
	if o.Request != nil {
		media := object{"schema": s.request(o.Request)}
		if o.Example != "" {
			media["example"] = json.RawMessage(o.Example)
		}
		out["requestBody"] = object{"required": !o.OptionalBody, "content": object{"application/json": media}}
	}
	responses := object{}
	for _, status := range o.statuses() {
		responses[strconv.Itoa(max(status, -status))] = ref("responses", problemNames[status])
	}
	for _, a := range o.Answers {
		answer := object{"description": a.Description}
		switch {
		case a.Body != nil:
			answer["content"] = content("application/json", s.of(a.Body))
		case a.Type != "":
			answer["content"] = content(a.Type, object{"type": "string"})
		}
		if a.Header != "" {
			answer["headers"] = object{a.Header: object{"schema": object{"type": "string"}, "description": a.HeaderSays}}
		}
		responses[strconv.Itoa(a.Status)] = answer
	}
	out["responses"] = responses
	return out
}

func (s *schemas) request(v any) any {
	kinds, ok := v.(map[string]any)
	if !ok {
		return s.of(v)
	}
	var all []any
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		all = append(all, s.of(kinds[kind]))
	}
	return object{"oneOf": all}
}

func security(c caller) []object {
	hosts := []object{{"hostKey": []string{}}, {"hostCookie": []string{}}}
	phones := []object{{"participantToken": []string{}}, {"participantCookie": []string{}}}
	switch c {
	case host:
		return hosts
	case participant:
		return phones
	case viewer:
		return slices.Concat([]object{{}}, hosts, phones)
	}
	return []object{}
}

func securitySchemes() object {
	bearer := func(says string) object { return object{"type": "http", "scheme": "bearer", "description": says} }
	cookie := func(name string) object { return object{"type": "apiKey", "in": "cookie", "name": name} }
	return object{
		"hostKey": bearer("The host key, or a remote's."), "hostCookie": cookie("drumroll_host_{code}"),
		"participantToken": bearer("The token that joining gave."), "participantCookie": cookie("drumroll_{code}"),
	}
}

// problemNames are the responses of problems, by status.
var problemNames = map[int]string{
	401: "Unauthorized", 403: "Forbidden", 404: "Unknown", 409: "Conflict", entryClosed: "Closed",
	413: "TooLarge", 415: "MediaType", 422: "Invalid", 429: "TooMany", 503: "Busy",
}

func (s *schemas) problems() object {
	says := map[string]string{
		"Unauthorized": "`unauthorized`: the credential is missing or is not this event's.",
		"Forbidden":    "`forbidden`: sent by a browser from another site, or a call of the main host key alone made with a remote's.",
		"Unknown":      "`unknown`: no such event, activity, draw or remote.",
		"Conflict":     "`conflict`: not possible in this state; `activity` says what that is.",
		"Closed":       "`closed`: the activity is not open, or was reset. What the log holds as of the request was folded first.",
		"TooLarge":     "`too_large`: the body is too large.",
		"MediaType":    "`media_type`: send application/json.",
		"Invalid":      "`invalid`: malformed JSON, or a value out of its bounds; for an entry: it does not fit the activity.",
		"TooMany":      "`rate`: too many requests.",
		"Busy":         "`overloaded`, `arrivals`, `retry`, `leaving` or `newer`: not taken now. Nothing that was acknowledged is lost; send it again.",
	}
	out := object{}
	for name, text := range says {
		response := object{"description": text, "content": content("application/problem+json", s.of(contract.Problem{}))}
		if name == "TooMany" || name == "Busy" {
			response["headers"] = object{"Retry-After": object{
				"schema": object{"type": "integer"}, "description": "Seconds, spread so that a refused crowd does not come back as one.",
			}}
		}
		out[name] = response
	}
	return out
}
