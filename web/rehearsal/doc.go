// Package rehearsal makes rehearsals of events: a clone of its own for each, the crowd
// that is sent to it, and the self-test of a node.
package rehearsal
