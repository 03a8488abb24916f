package main

// The budgets. Those without a unit are ratios to a baseline.
const (
	// Server CPU an entry over HTTP, to a no-op handler on the same router.
	httpToNoop = 2.0
	// CPU of server and Redis an entry over HTTP, to the synchronous design.
	httpToSynchronous = 1.0 / 3
	// Server CPU an entry over a websocket, to a bare TCP echo of the same bytes. The
	// goal for the embedded log is 1.6, which needs a faster log (issue 16).
	socketToEchoRedis    = 1.2
	socketToEchoEmbedded = 2.4
	// CPU a delivery, to a bare loop of writes.
	deliveryToWrites = 1.1
	// Deliveries a CPU-second, to the centrifuge library.
	deliveryToCentrifuge = 1.3

	idlePhoneKB   = 6.0   // resident memory
	firstLoadKB   = 60.0  // of a phone, over the wire
	tapToScreenMs = 200.0 // p99: one tick of 100 ms, and 100 ms
	tickMicros    = 50.0  // CPU an audience, whatever has been drawn before
	tickBytes     = 300.0

	// A million entrants.
	millionMB          = 100.0
	millionFoldSeconds = 1.0
	millionListSeconds = 2.0
	drawMs             = 100.0

	// Three times the rate that one core admits, one tap a phone.
	overloadAccepted  = 0.9 // of the peak
	overloadRefusalMs = 50.0
	overloadMB        = 256.0 // beyond the memory before

	// What one costs at the largest size, to the smallest. Above it, cost grows faster
	// than size; caches alone make for some growth.
	growth = 1.6

	// From the first phone of a node to the last, in an arena. On two cores for
	// everything it is mostly the time that the simulated phones take to read a state.
	arenaSpreadMs = 15_000.0
)
