//go:build e2e && race

package e2e

// Where the tests run under the race detector, so does the server they start.
const raceDetector = true
