// Package beacon knows public randomness in the manner of drand's quicknet: a
// chain of rounds, one every few seconds, each signed with a key that nobody
// holds alone (BLS on BLS12-381, keys in G2, signatures in G1, unchained). Who
// wins a draw that mixes in a round which did not yet exist when the list was
// frozen, nobody could know at the freeze.
//
// The package is pure: the arithmetic of rounds and times, and the check of a
// signature. Package beacon/source fetches rounds; beacon/beacontest serves them
// from a key of its own.
package beacon
