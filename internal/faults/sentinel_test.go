//go:build e2e && faults

package faults

import (
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/eventlogtest"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

// TestConformanceOnSentinel runs the Logs' suite behind Sentinels, has the master
// fail over, and runs it again on the one that took over.
func TestConformanceOnSentinel(t *testing.T) {
	s := watched(t, nil)
	conform := func(t *testing.T) {
		eventlogtest.Run(t, func(*testing.T) eventlogtest.Store {
			return eventlogtest.Store{
				Open: func(t *testing.T, retention time.Duration) eventlog.Store {
					l, err := redislog.Open(t.Context(), s.redis, redislog.Config{Retention: retention})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = l.Close() }) // some tests close it themselves
					return l
				},
				Shared: true,
			}
		})
	}
	t.Run("before", conform)
	old := s.servers[0]
	old.Kill()
	deadline := time.Now().Add(acceptLimit)
	for _, sentinel := range s.sentinels {
		for redistest.SentinelMaster(t, sentinel, masterName) == old.Addr() {
			if time.Now().After(deadline) {
				t.Fatalf("no failover within %v", acceptLimit)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	l, err := redislog.Open(t.Context(), s.redis, redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was asked
	for l.Ping(t.Context()) != nil { // until the other replica is in touch
		if time.Now().After(deadline) {
			t.Fatalf("no writes within %v", acceptLimit)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Run("after", conform)
}
