//go:build unix

package main

import "syscall"

// openFiles is how many files this process may have open; 0: not known. Go has
// raised the soft limit to the hard one at the start.
func openFiles() uint64 {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return uint64(l.Cur)
}
