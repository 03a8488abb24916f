// Package load generates load: one goroutine drives thousands of connections with
// epoll. Requests are encoded in advance and answers are parsed no further than
// needed, so that the generator costs less than the server that it loads.
//
// A Loop sends in one of two ways. Closed: each connection sends its next request
// when it has its answer, which finds the highest rate. Flood: requests are due at a
// given rate whatever the server answers. Deliver measures broadcasts.
//
// Connections come from many loopback addresses, since a server limits each.
package load
