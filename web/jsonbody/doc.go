// Package jsonbody reads the JSON bodies of calls.
package jsonbody
