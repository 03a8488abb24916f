package web_test

import (
	"strconv"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestContract holds both Logs to the outside contract. The tests of a
// Log share one node: their events are their own.
func TestContract(t *testing.T) {
	for name, open := range map[string]func(testing.TB) store{"embedded": fileStore, "redis": redisStore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := start(t, open(t), setup{})
			for name, test := range map[string]func(*testing.T, *node){
				"PollFlow":         pollFlow,
				"RaffleFlow":       raffleFlow,
				"PollVerbs":        pollVerbs,
				"RaffleVerbs":      raffleVerbs,
				"DrawNumber":       drawNumber,
				"Shortfall":        shortfall,
				"Countdown":        countdown,
				"Drafts":           drafts,
				"HiddenResults":    hiddenResults,
				"Delete":           deleteEvent,
				"TwoHosts":         twoHosts,
				"SocketFlow":       socketFlow,
				"SocketTicks":      socketTicks,
				"SocketWinner":     socketWinner,
				"SocketTwin":       socketTwin,
				"SocketDeletion":   socketDeletion,
				"SocketReconnect":  socketReconnect,
				"PhoneWithoutJS":   phoneWithoutJS,
				"RemotesAndPeople": remotesAndPeople,
				"Rehearsal":        rehearsal,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, n)
				})
			}
		})
	}
}
