// Package selftest measures, before the doors open, what this node can bear, and
// says it in words: how fast the log takes records, how many phones the limits of
// this process and machine allow, and whether the address in the QR code answers. It
// names the limit that a growing crowd meets first.
//
// Run measures, and judge puts the figures into words. judge is pure, so that tests can
// give it the figures of any machine. Guests see nothing of a Run, and it leaves nothing
// behind.
package selftest
