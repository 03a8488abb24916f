// Package nodetest runs the real binary for tests: it builds it, starts it, kills it and
// starts it again, reads what it says, and makes the calls of a host at it.
package nodetest
