//go:build e2e && faults

package faults

import (
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/eventlogtest"
	"drumroll/internal/eventlog/redislog"
)

// TestConformanceOnSentinel runs the Logs' suite behind Sentinels, has the master
// fail over, and runs it again on the one that took over.
func TestConformanceOnSentinel(t *testing.T) {
	s := watched(t, nil)
	conform := func(t *testing.T) {
		eventlogtest.Run(t, func(*testing.T) eventlogtest.Store {
			return eventlogtest.Store{
				Open: func(t *testing.T, retention time.Duration) eventlog.Log {
					l, err := redislog.Open(t.Context(), s.redis, redislog.Retention(retention))
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
	l, err := redislog.Open(t.Context(), s.redis)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nothing was written
	s.servers[0].Kill()
	for deadline := time.Now().Add(30 * time.Second); l.Ping(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no failover within 30 s")
		}
	}
	t.Run("after", conform)
}
