// Package eventlogtest is the conformance suite of eventlog.Store, which both stores pass.
// It asserts everything that a caller may rely on.
package eventlogtest
