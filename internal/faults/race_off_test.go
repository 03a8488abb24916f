//go:build e2e && !race

package faults

const raceDetector = false
