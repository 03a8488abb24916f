package contract

import _ "embed"

//go:embed openapi.json
var description []byte

// Description is openapi.json: the API described as OpenAPI 3.1. It is shared; do not
// change it.
func Description() []byte { return description }
