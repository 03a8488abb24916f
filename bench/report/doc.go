// Package report holds the rows of a benchmark: what was measured of Drumroll and
// of a baseline in the same rounds, their ratio with its spread, the budget and
// the verdict; as a table and as JSON.
package report
