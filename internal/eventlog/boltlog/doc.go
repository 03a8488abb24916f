// Package boltlog is the embedded store: one bbolt file per event, in a data folder that
// one process holds at a time.
//
//	DIR/drumroll.lock     held locked (flock) while the Log is open
//	DIR/signing.key       32 bytes, mode 0600
//	DIR/events/CODE.db    the log of one event; deleting the event unlinks it
//	DIR/events/CODE.db.damaged-TIME   what Repair kept of a damaged log; deleted with the event
//	DIR/events/*.tmp      an event in the making, or the rest of a crash then
//
// # Invariants
//
//   - An append is one bbolt transaction, fsynced before it returns and before any reader
//     learns of it: the head is published only after the commit.
//   - A file named CODE.db always holds a whole log with its first record: it is made under
//     another name and renamed when it is durable.
//   - After a failed commit the file is opened again, so that the process believes what a
//     crash would leave; only then does the append return its outcome.
//   - An event is removed when its newest record is older than the retention, and never
//     between the decision and the end of an append (sweep.go).
//   - Offsets never fall, even when the clock does, and the log's time never stands still
//     (clock.go).
//   - Every record carries a CRC over its key and its data. A record that does not match it,
//     or makes bbolt panic, is eventlog.ErrCorrupt for this event alone.
//   - A file is read as a whole, with its structure, before bbolt opens it: bbolt would
//     silently go back to an older state. examine.go says which damage is repaired
//     automatically; Repair does the rest.
//
// Vocabulary as in eventlog. An eventFile is one event in memory: its open file, its
// published head and the readers that wait for the next record.
package boltlog
