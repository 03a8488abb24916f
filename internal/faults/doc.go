// Package faults breaks what Drumroll stands on while a crowd votes at full
// burst, and checks the one promise: what was acknowledged is never lost and
// never counted twice.
//
// Its tests start the real binary on real Logs and need the build tag e2e, and
// redis-server. The short form, each fault once with a small crowd, is part of
// make test; make faults runs each with several seeds and prints a table. A seed
// fixes what is thrown and when, not how the machine schedules it: replaying one
// repeats the circumstances, not each interleaving.
//
//	go test -tags e2e ./internal/faults -fault redis-kill-always -seed 12345 -long
//
// A run:
//
//	node      the binary as a process: start, kill -9, SIGSTOP, SIGTERM
//	store     what it stands on: the embedded Log, Redis, a Cluster, Sentinels
//	proxy     between a node and its Redis; it delays, cuts, and drops the reply
//	          to an append that Redis has executed
//	phone     one participant: sends entries as fast as they are answered, and
//	          does what real phones do about what is not
//	ledger    what every phone sent and was told, entry by entry
//	count     an own count of the log's records, which trusts neither fold nor node
//	fault     what happens in the middle of it
//
// and its checks, by the names under which they fail:
//
//	acknowledged  each acknowledged entry stands in the log, where its run is open
//	counted       nothing else does: every entry in the log was sent, at most as
//	              often as it was sent
//	choice        what counts for a participant is the choice acknowledged last, or
//	              a later one whose outcome is unknown; it is shown that one as its own
//	told          a phone is told what is true: counted, changed, unchanged; one ticket
//	settled       no tap is lost: a phone that asks on is answered in the end
//	tallies       every node shows what the own count gives
//	nodes         all nodes show the same, and a node that folds again does, too
//	winners       winners are entrants, and the same everywhere
//	export        the export says what the API says
//	activities    a command that was acknowledged happened once
//	inflight      the fault struck while entries were on their way
//	accepting     every node takes entries again
//	exit          a node told to leave ends with status 0
//	log           no node's log has a race or a panic
//	damage        a damaged file: the right count, or a clear message and none
package faults
