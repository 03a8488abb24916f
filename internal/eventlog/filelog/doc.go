// Package filelog is the embedded store: one append-only file per event, in a data folder
// that one process holds at a time.
//
//	DIR/drumroll.lock     held locked (flock) while the Log is open
//	DIR/signing.key       32 bytes, mode 0600
//	DIR/events/CODE.log   the log of one event; deleting the event unlinks it
//	DIR/events/CODE.log.damaged-TIME   what Repair kept of a damaged log; deleted with the event
//	DIR/events/*.tmp      a file in the making, or the rest of a crash then
//
// A file is a head, frames and zeros (frame.go has the format). One append is one frame, with
// all its records under one checksum, so it is in the log as a whole or not at all.
//
// # Invariants
//
//   - An append is one write and one fdatasync, into space that was filled with zeros and
//     synced before: the sync waits for no metadata. Readers learn of it after the sync.
//   - A file named CODE.log always holds a whole log with its first record: it is made under
//     another name and renamed when it is durable.
//   - After a failed write or sync nothing more is appended until zeros are durable in that
//     place. Then the append was certainly refused; until then its outcome is unknown.
//   - What a file holds when it is opened is written and synced again at its end before
//     anybody sees it: a killed process may have left it in the kernel's memory alone.
//   - Before a file is used, it is still the one under its name, and not shorter than its
//     records: a file that somebody removed, replaced or cut takes no appends.
//   - An event is removed when its newest record is older than the retention, and never
//     between the decision and the end of an append (sweep.go).
//   - Offsets never fall, even when the clock does, and the log's time never stands still
//     (clock.go).
//
// # What a crash can leave, and what is damage
//
// A file is scanned whole when it is opened. After the last whole frame of the beginning there
// are zeros, or else:
//
//   - A torn tail: something that is no whole frame, and no whole frame behind it. A power
//     cut in the middle of an append leaves this, with any of its blocks written and others
//     not, in any order. Because a frame is a whole append, and because the next append is
//     written only after the sync of the last one, no whole frame can follow. It was not
//     acknowledged, and is cut off with one warning. If instead the disk damages the very last
//     append after it was acknowledged, the file looks the same: the warning says so.
//   - Damage: whole frames follow, so there was a whole one in that place, which was
//     acknowledged. The event stops with eventlog.ErrCorrupt, and so it does if the head is
//     damaged, or the first frame: a crash leaves neither. Nothing is skipped. Repair keeps
//     the certain beginning.
//
// A frame's checksum covers the event's code and the frame's place in the file. So a block
// that a disk wrote to the wrong place, or that belongs to another event, is never taken for
// a frame, and no frame of the beginning can be missing unnoticed.
//
// Vocabulary as in eventlog. An eventFile is one event in memory: its open file, its
// published head and the readers that wait for the next record.
package filelog
