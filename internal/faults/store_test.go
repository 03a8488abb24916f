//go:build e2e

package faults

import (
	"strings"
	"testing"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

// store is what the nodes of a run stand on.
type store struct {
	dir     string // of the embedded log
	redis   string // URL past the proxies; "": the embedded log
	servers []*redistest.Server
	proxies []*proxy // one a node, where there are some
	// Of Sentinels: the master's name.
	sentinels []*redistest.Server
}

const masterName = "stage"

// embedded is a folder for one node.
func embedded(t *testing.T, _ *run) *store { return &store{dir: t.TempDir()} }

// standalone is one Redis, which each node reaches through a proxy of its own.
func standalone(settings ...string) func(*testing.T, *run) *store {
	return func(t *testing.T, r *run) *store {
		server := redistest.Start(t, settings...)
		s := &store{dir: t.TempDir(), redis: server.URL(), servers: []*redistest.Server{server}}
		for i := range r.fault.nodes {
			s.proxies = append(s.proxies, startProxy(t, server.Addr(), r.seed+uint64(i)))
		}
		return s
	}
}

// cluster is three masters with a replica each.
func cluster(t *testing.T, _ *run) *store {
	s := &store{dir: t.TempDir(), servers: redistest.StartClusterWithReplicas(t)}
	var urls []string
	for _, server := range s.servers {
		urls = append(urls, server.URL())
	}
	s.redis = strings.Join(urls, ",")
	return s
}

// watched is a master with two replicas under three Sentinels. It takes writes
// only while a replica is in touch, so that a master that is cut off stops.
func watched(t *testing.T, _ *run) *store {
	master := redistest.Start(t, "min-replicas-to-write", "1", "min-replicas-max-lag", "2", "repl-diskless-sync-delay", "0")
	s := &store{dir: t.TempDir(), servers: []*redistest.Server{master}}
	for range 2 {
		s.servers = append(s.servers, redistest.StartReplica(t, master))
	}
	s.sentinels = redistest.StartSentinels(t, masterName, master, 2)
	var urls []string
	for _, server := range s.sentinels {
		urls = append(urls, server.URL())
	}
	s.redis = strings.Join(urls, ",") + "?master_name=" + masterName
	return s
}

// flags is what node i is started with.
func (s *store) flags(i int) []string {
	flags := []string{"--data", s.dir}
	switch {
	case len(s.proxies) > 0:
		flags = append(flags, "--redis", "redis://"+s.proxies[i].addr())
	case s.redis != "":
		flags = append(flags, "--redis", s.redis)
	}
	return flags
}

// open opens the log itself; no node may run on an embedded one at that time.
func (s *store) open(t *testing.T) (eventlog.Store, error) {
	if s.redis == "" {
		return filelog.Open(s.dir, filelog.Config{})
	}
	return redislog.Open(t.Context(), s.redis, redislog.Config{})
}
