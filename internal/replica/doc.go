// Package replica keeps this node's fold of each event's log.
//
// A Set loads an event on demand: it folds the log to its head, then tails it.
// One goroutine per event reads and applies (tail), one appends (the event's
// Batcher), and one watches the clock (countdowns, and whether the log still
// holds what was folded). All end when the event is evicted after being idle, or
// with the Set.
//
// Invariants:
//   - A waiter is settled only after its record is durable in the log and was
//     folded here, with the fold's own outcome; or with an error that says so.
//   - State is touched under the lock alone; waiters are settled, and watchers
//     told, after it was released.
//   - Where the log no longer holds the record at this node's cursor, the state
//     is dropped and folded anew, under a new epoch.
//   - Each load of an event appends under a producer id of its own, so an append
//     of an earlier load that comes late is never taken for one of this load.
//   - A damaged record or a panic in Apply stops this event, loudly, and no other.
package replica
