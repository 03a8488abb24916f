// Package contracttest holds what a server says in tests against openapi.json.
package contracttest
