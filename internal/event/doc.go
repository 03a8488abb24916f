// Package event is the fold: records of one event's log, their versioned codec,
// and the State that Apply computes from them, in order.
//
// Invariants:
//   - Apply is a function of the state and the record alone: no clock, no
//     randomness, no map order (a test searches the imports). Time is the log's,
//     in each record's Position; secrets and random ids come as data in records.
//   - fold(a ++ b) = fold(fold(a), b) for every split of a log.
//   - A record whose batch identity (event uid, producer, sequence) was seen is
//     dropped whole, so a retried append never counts twice.
//   - A command is a proposal. Apply decides at the command's position and says
//     so in the Result; a refused command changes nothing.
//   - Nothing is skipped: a record of a newer version is ErrNewer, a damaged one
//     ErrDamaged, and the caller stops.
//
// Vocabulary: see ARCHITECTURE.md. A control record carries one Command as
// JSON; a batch record carries many packed Items (joins, votes, raffle entries).
package event
