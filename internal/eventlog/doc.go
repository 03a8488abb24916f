// Package eventlog defines the log that everything in Drumroll is a fold of: one
// append-only sequence of records per event, and the Batcher that turns many
// entries into few appends (group commit).
//
// Vocabulary: a record is one item of the log; an offset its position; a batch
// many entries packed into one record. The package never looks inside a record.
package eventlog
