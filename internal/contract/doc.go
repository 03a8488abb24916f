// Package contract is the outside contract in Go: the JSON that the server's API and
// websocket speak, the table of the API's calls, and a client for them.
//
// It is written once. The server answers with these types, and whoever talks to a
// server reads them: drumroll's own commands, the rehearsal's crowd, the tests, the
// benchmarks. openapi.json is generated from types, comments and table by the program
// in folder openapi (make generate), so their comments are written for its readers:
// a field's comment is the description of its JSON member.
//
// What only one kind of activity has is in that kind's file.
package contract
