// Package problem is how the web layer says no: every error becomes one Problem,
// with its status, its code for programs and its sentence for people, and is
// answered as RFC 9457 asks. JSON bodies are read here as well, since all that can be
// wrong with one is a Problem.
package problem
