// Program openapi writes internal/contract/openapi.json from the types and comments of
// package contract and from its own table of the API's calls. make generate runs it, from
// the module's root; nothing that ships knows it.
package main
