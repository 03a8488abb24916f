// Package load is the generator: one goroutine that drives thousands of
// connections by epoll, with requests encoded beforehand and answers parsed no
// further than needed, so that it costs less than what it measures.
//
// A Loop sends in one of two ways. Closed: each connection sends its next request
// when it has its answer, which finds the highest rate. Open: requests are due at
// a given rate whatever comes back, and their latency counts from when they
// were due, so that a server that stalls is charged for everybody who waits
// (no coordinated omission). A third way only listens to what is broadcast.
//
// Connections come from many addresses of the loopback, as a room's phones may
// share one address, and a server limits each.
package load
