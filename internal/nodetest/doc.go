// Package nodetest runs the real binary for tests: it builds it, starts it, kills it and
// starts it again, and reads what it says.
package nodetest
