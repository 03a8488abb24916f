// Package redislog is the Log for many nodes: one Redis Stream per event, on a
// standalone Redis (6.2 or later, for NOMKSTREAM), under Sentinel, or spread over a Cluster.
//
//	drumroll:{CODE}:log    the stream; each item has one field r, the record
//	drumroll:{CODE}:here   who is connected: a hash of node → "phones:ms"
//	drumroll:signing-key   32 bytes
//	drumroll:{CODE}:measure, drumroll:measure   a stream that Measure makes and removes
//
// The braces keep the keys of an event in one slot of a Cluster.
//
// # Invariants
//
//   - A stream is only made by XADD with the id 0-1, which Redis refuses where
//     there is a later id; all other appends say NOMKSTREAM. So of two creators
//     one wins, and a deleted event stays gone.
//   - The client never sends an append twice by itself, except after a reply
//     that says it was not executed (MOVED, ASK, READONLY). An error that leaves
//     the outcome open is told as such; retrying is the Batcher's.
//   - What adds records sets the log's expiry in the same step, and nothing else
//     touches it: an event lives for the retention after its last append.
//   - Any error reply to an append, and a failed dial, is eventlog.ErrRefused:
//     nothing was written.
//
// # Durability
//
// An append is as durable as Redis is set up to make it. Nothing acknowledged is
// lost to a kill or a power cut with "appendonly yes" and "appendfsync always";
// "everysec" can lose a second or two, and a failover what had not reached the
// replica.
//
// # Forgetting
//
// Deleting unlinks the keys and has the Redis that held them rewrite its append-only
// file. Expiry is Redis' own; the file then holds the event until Redis next
// rewrites it. Snapshots, replicas' files and backups are beyond a client's reach.
package redislog
