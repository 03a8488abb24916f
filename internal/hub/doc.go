// Package hub carries an event's news to the sockets that show it.
//
// A Topic belongs to one event. Its subscribers are grouped in audiences that
// are sent the same frames. When something moved, the topic has the frames of
// each audience encoded once and offers them to every subscriber; ticks at most
// every TickEvery, structure at once. A subscriber that cannot take a frame keeps
// the newest one in its single slot: a slow reader costs one pointer, skips what
// is old, and never holds up the others. Frames are opaque here.
package hub
