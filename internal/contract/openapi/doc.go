// Program openapi writes internal/contract/openapi.json from the types, the comments and
// the table of package contract. make generate runs it, from the module's root; nothing
// that ships knows it.
package main
