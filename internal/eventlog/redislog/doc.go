// Package redislog is the Log for many nodes: one Redis Stream per event, on a
// standalone Redis (6.2 or later, for NOMKSTREAM), under Sentinel, or spread over a Cluster.
//
//	drumroll:{CODE}:log    the stream; each item has one field r, the record
//	drumroll:{CODE}:here   how many phones are connected: a hash of node → "phones:ms"
//	drumroll:signing-key   32 bytes
//	drumroll:{CODE}:measure   a stream that Measure makes and removes
//
// The braces keep the keys of an event in one slot of a Cluster.
//
// # Invariants
//
//   - A stream is only made by XADD with the id 0-1, which Redis refuses if the stream
//     has a later id; all other appends say NOMKSTREAM. So one of two creators wins, and
//     a deleted event stays gone.
//   - The client never sends an append twice by itself, except after a reply that says
//     that it was not executed (MOVED, ASK, READONLY). An error that leaves the outcome
//     open is returned as such; the Batcher tries again.
//   - An append sets the log's expiry in the same step, and nothing else changes it: an
//     event lives for the retention after its last append.
//   - Any error reply to an append, and a failed dial, is eventlog.ErrRefused: nothing
//     was written.
//
// # Durability
//
// An append is as durable as Redis is configured to make it. With "appendonly yes" and
// "appendfsync always", a kill or a power cut loses nothing that was acknowledged;
// "everysec" can lose a second or two. A failover can lose what the replica had not
// received.
//
// # Forgetting
//
// Delete unlinks the keys and has the Redis that held them rewrite its append-only file.
// Redis expires events by itself; its file then holds the event until the next rewrite.
// A client cannot reach snapshots, the files of replicas, and backups.
package redislog
