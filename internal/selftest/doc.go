// Package selftest measures, before the doors open, what this node can bear, and
// says it in words: how fast the log takes records, how many phones the limits of
// this process and machine allow, whether the address in the QR code answers. It
// names the limit that a growing crowd meets first.
//
// Run measures, judge decides on what was measured (pure, so that it is tested
// with machines that are not at hand). Nothing that Run does is seen by guests, and
// nothing of it remains.
package selftest
