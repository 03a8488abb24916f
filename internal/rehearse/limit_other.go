//go:build !unix

package rehearse

// openFiles is not bounded by a number that could be asked for.
func openFiles() uint64 { return 0 }
