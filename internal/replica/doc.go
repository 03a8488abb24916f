// Package replica keeps this node's fold of each event's log.
//
// A Set loads an event on demand: it folds the log to its head, then tails it. The
// goroutines of a loaded event are the tail, which reads and applies; the Batcher,
// which appends; the watches of countdowns and of draws that wait for a beacon; the
// reader of heads; and work that the fold hands out. Set.load owns them: they end when
// the event is evicted after being idle, or with the Set, and it waits for all of them.
//
// Invariants:
//   - A waiter is settled only after its record is durable in the log and was folded
//     here, with the fold's own outcome; or with an error that says why not.
//   - The state is used only with the lock held. Waiters are settled, and the watcher is
//     told, after it was released.
//   - If the log no longer holds the record at this node's cursor, the state is dropped
//     and folded again from the start, under a new epoch.
//   - Each load of an event appends under a producer id of its own, so a late append of
//     an earlier load is never taken for one of this load.
//   - A damaged record or a panic in Apply stops this event, loudly, and no other.
package replica
