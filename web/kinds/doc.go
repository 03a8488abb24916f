// Package kinds is what the API asks of a kind of activity: to read its spec and the
// details of its verbs, to show it in the contract's JSON and in a table, and to read
// the form of a phone without a script.
//
// Each kind has one file and one line in the table of kind.go. Nothing outside its
// file compares a kind's name.
package kinds
