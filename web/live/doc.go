// Package live carries events to phones, screens and consoles: a room for each event
// makes its frames, and sockets take them and bring entries.
//
// A room makes the frames of an audience once; what is personal is spliced in. Its
// goroutines, and those of sockets, end with Drain.
package live
