// Package crowd keeps the simulated crowds that this node sends to rehearsals, and the
// rehearsals (clones) that it knows, until they are over.
package crowd
