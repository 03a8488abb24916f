// Package boltlog is the embedded Log: one bbolt file per event in a data folder
// that one process holds at a time.
//
//	DIR/drumroll.lock     held locked (flock) while the Log is open
//	DIR/signing.key       32 bytes, mode 0600
//	DIR/events/CODE.db    the log of one event; deleting the event unlinks it
//	DIR/events/CODE.db.damaged-TIME   what Repair kept of a damaged log; deleted with the event
//	DIR/events/*.tmp      an event in the making, or the rest of a crash then
//
// # Invariants
//
//   - An append is one bbolt transaction, fsynced before it returns and before
//     any reader learns of it: the head is published only after the commit.
//   - A file named CODE.db is always a whole log with its first record in it: it
//     is made under another name and renamed when it is durable.
//   - After a failed commit the file is opened anew, so that what the process
//     believes is what a crash would leave; only then is the append's outcome
//     told.
//   - An event is removed when its newest record is older than the retention, and
//     never between the decision and the end of an append (sweep.go).
//   - Offsets never fall, even when the clock does, and the log's time never
//     stands still (clock.go).
//   - Every record carries a CRC over its key and its data. What does not check,
//     or makes bbolt panic, is eventlog.ErrCorrupt for this event alone.
//   - A file is read as a whole before bbolt opens it, its structure included, for
//     bbolt would go back to an older state of it in silence (examine.go says what is
//     set right without a hand). Repair is the hand.
//
// Vocabulary as in eventlog; besides, a slot is the in-memory side of one event:
// its open file, its published head and those who wait for the next record.
package boltlog
