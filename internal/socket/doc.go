// Package socket is the server's end of a websocket to a phone, screen or host.
//
// coder/websocket does the handshake. Frames to the peer are encoded once, by
// the caller, and written here straight to the connection, by the goroutine
// that has news (the fold's, a topic's). What the peer sends is taken apart where
// it was read (inbound). So no timer and no buffer belongs to an idle connection,
// and of goroutines the one that waits for it to become readable. What the
// kernel does not take at once is finished by a goroutine that lives only so
// long, within a deadline.
//
// Invariants: frames never mix, for all writing goes through Conn's lock; nothing
// is written after a close frame; what is read is what the library would read (a
// fuzz test compares); what a peer makes wait here is bounded, for it is not read
// from before it has taken its answers.
package socket
