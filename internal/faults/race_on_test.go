//go:build e2e && race

package faults

// raceDetector: the tests run with it, so the server is built with it as well.
const raceDetector = true
