// Package contract is the outside contract in Go: the JSON that the server's API and
// websocket speak, and a client for the API.
//
// It is written once. The server answers with these types, and everything that talks to a
// server reads them: drumroll's own commands, the rehearsal's crowd, the tests, the
// benchmarks. The program in folder openapi (make generate) makes openapi.json from these
// types, their comments and a table of the calls, so the comments are written for its
// readers: a field's comment is the description of its JSON member.
//
// What only one kind of activity has is in that kind's file.
package contract
