// Package wire reads and writes the JSON bodies of HTTP calls.
package wire
