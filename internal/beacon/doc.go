// Package beacon knows public randomness in the form of drand's quicknet: a chain of
// rounds, one every few seconds, each signed with a key that no single party holds
// (BLS on BLS12-381, keys in G2, signatures in G1, unchained). A draw mixes in a round
// that did not exist yet when the list of entrants was frozen, so at the freeze no one
// could know who would win.
//
// The package is pure: the arithmetic of rounds and times, and the check of a
// signature. Package beacon/source fetches rounds; beacon/beacontest serves them
// from a key of its own.
package beacon
