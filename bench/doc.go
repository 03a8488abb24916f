// Command bench compares the real drumroll binary with baselines on the same
// machine in the same rounds: `make bench` prints the table. Every figure is a
// ratio beside a baseline or a budget; CPU time comes from the kernel.
//
// The server under test has a core of its own; the generator (package load),
// Redis and everything else share the other. What is compared takes turns within each
// round. All budgets are those of the design; the exit status is 1
// when one is missed. Linux only.
package main
