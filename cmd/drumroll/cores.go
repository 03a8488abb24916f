package main

import (
	"os"
	"runtime"
)

// raiseMaxProcs returns how many cores this process may use, and where it is one sets
// GOMAXPROCS to two if the process itself fsyncs. Else a log's fsync would hold the
// only one, for as long as the scheduler takes to notice; on one core that is two
// fifths of the rate, and at three times what it takes half of the core would be
// idle. With Redis nothing blocks like that, and a second one would cost an entry a
// sixth more. A number in the environment stands.
func raiseMaxProcs(fsyncs bool) (cores int) {
	cores = runtime.GOMAXPROCS(0)
	if fsyncs && cores == 1 && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2)
	}
	return cores
}
