// Package proc starts the processes that a benchmark compares, each pinned to
// one core, and reads from the kernel what they cost: CPU time of the whole
// process in nanoseconds, resident memory, the kernel's slab. Linux only.
package proc
