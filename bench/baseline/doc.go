// Package baseline holds the servers that Drumroll is compared with. Each runs as a
// process of its own, prints "listening on ADDR" on its standard output, and stops
// at the end of its standard input.
//
//   - noop: a POST on the same router and the same http.Server that decodes the same
//     body, does nothing and answers the same.
//   - synchronous: a conventional design, in which each request makes one round trip
//     to Redis to find out whether the participant is new, and one to count.
//   - centrifuge: the library github.com/centrifugal/centrifuge with one channel.
//   - writes: a bare loop that writes the same bytes to every TCP connection.
//   - echo: a bare TCP echo with a goroutine per connection.
package baseline
