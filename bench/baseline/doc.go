// Package baseline holds the servers that Drumroll is compared with. Each runs
// as a process of its own, says "listening on ADDR" on its standard output, and
// ends with its standard input.
//
//   - noop: a POST on the same router and the same http.Server, with the same body
//     decoded, that does nothing and answers the same.
//   - synchronous: the design that the founding talk broke: each request makes one round
//     trip to Redis to find out whether the participant is new, and one to count.
//   - centrifuge: the library github.com/centrifugal/centrifuge with one channel.
//   - writes: a bare loop that writes the same bytes to every TCP connection.
//   - echo: a bare TCP echo, a goroutine per connection.
package baseline
