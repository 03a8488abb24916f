// Package eventlog defines the log from which everything in Drumroll is computed: one
// append-only sequence of records per event. It also has the Batcher, which turns many
// entries into few appends (group commit).
//
// Vocabulary: a record is one element of the log, an offset is its position, and a batch
// is many entries packed into one record. The package never looks inside a record.
package eventlog
