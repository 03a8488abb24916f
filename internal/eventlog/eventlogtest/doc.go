// Package eventlogtest is the conformance suite of eventlog.Log. Both Logs run
// it, and it is the contract's executable half: what a caller may rely on is
// asserted here, once, for either.
package eventlogtest
