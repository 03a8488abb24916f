// Package socket is the server's end of a websocket to a phone, screen or host.
//
// coder/websocket does the handshake and all reading; frames to the peer are
// encoded once, by whoever has them, and written here straight to the
// connection, by the goroutine that has news (the fold's, a topic's): no
// goroutine, timer or large buffer belongs to an idle connection. What the
// kernel does not take at once is finished by a goroutine that lives only so
// long, within a deadline.
//
// Invariants: writes of this package and of the library (pong, close) never mix
// within a frame, for both go through Conn's lock; nothing is written after a
// close frame.
package socket
