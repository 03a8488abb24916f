// Package entries takes what phones submit, over HTTP or a socket, and makes the log's
// items of it.
//
// What is malformed is refused at once. What the state forbids is refused only after
// this node has folded to the log's head as of now.
package entries
