//go:build unix

// Package openfiles asks how many files this process may have open.
package openfiles

import (
	"math"
	"syscall"
)

// Limit is how many files this process may have open; 0: not known. Go has raised the soft
// limit to the hard one at the start.
func Limit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return int(min(uint64(l.Cur), math.MaxInt32))
}
