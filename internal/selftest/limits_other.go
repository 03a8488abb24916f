//go:build !unix

package selftest

// measureLimits returns none: this system has no such limits to ask for.
func measureLimits() limits { return limits{} }
