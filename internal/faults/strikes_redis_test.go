//go:build e2e

package faults

import (
	"fmt"
	"time"

	"drumroll/internal/redistest"
)

// killRedis kills Redis with -9 and starts it again after two seconds.
func killRedis(r *run) {
	r.strikes()
	struck := time.Now()
	r.store.servers[0].Kill()
	time.Sleep(2 * time.Second) // so long it is gone
	r.store.servers[0].Restart(r.t)
	r.accepting(struck)
}

// stopRedis stops Redis for a while: connections stay, and what is sent to it is
// carried out later, also what its sender has given up.
func stopRedis(r *run) {
	r.strikes()
	r.store.servers[0].Pause(r.t)
	time.Sleep(r.scale.hold)
	r.store.servers[0].Resume(r.t)
	r.accepting(time.Now())
}

// fillRedis takes Redis' room for data, and gives it back. In between each node must
// have refused, or not acknowledged, an entry: else it was never full.
func fillRedis(r *run) {
	r.strikes()
	r.store.servers[0].Set(r.t, "maxmemory", "1mb")
	r.moment(r.scale.hold / 2)
	var took []int
	for _, n := range r.nodes {
		if !r.refusing(n) {
			took = append(took, n.no)
		}
	}
	r.store.servers[0].Set(r.t, "maxmemory", "0")
	if len(took) > 0 {
		r.fail("accepting", "Redis was full and nodes %v took entries", took)
	}
	r.accepting(time.Now())
}

// loseMaster kills the master of the Cluster that holds the event; its replica
// takes over, and it comes back as the replica's.
func loseMaster(r *run) {
	r.strikes()
	master := redistest.ClusterMaster(r.t, r.store.servers, fmt.Sprintf("drumroll:{%s}:log", r.crowd.code))
	struck := time.Now()
	master.Kill()
	r.accepting(struck)
	master.Restart(r.t)
}

// loseWatched kills the master under Sentinel; a replica is made master, and it
// comes back as that one's.
func loseWatched(r *run) {
	r.strikes()
	struck := time.Now()
	r.store.servers[0].Kill()
	r.accepting(struck)
	if now := redistest.SentinelMaster(r.t, r.store.sentinels[0], masterName); now == r.store.servers[0].Addr() {
		r.fail("accepting", "the Sentinels still name the master that was killed")
	}
	r.store.servers[0].Restart(r.t)
}
