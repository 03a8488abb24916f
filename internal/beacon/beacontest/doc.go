// Package beacontest is a beacon for tests: a chain with a key and a genesis of
// its own, served over HTTP, that can be late, wrong or unreachable.
package beacontest
