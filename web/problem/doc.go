// Package problem is how the web layer says no: every error becomes one Problem,
// with its status, its code for programs and its sentence for people, and is
// answered as RFC 9457 asks.
package problem
