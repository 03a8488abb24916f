package redislog_test

import (
	"testing"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/eventlogtest"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

func mustOpen(t *testing.T, urls string) *redislog.Log {
	t.Helper()
	l, err := redislog.Open(t.Context(), urls)
	if err != nil {
		t.Fatalf("Open(%s): %v", urls, err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l
}

func conform(t *testing.T, urls string) {
	eventlogtest.Run(t, func(*testing.T) eventlogtest.Store {
		return eventlogtest.Store{
			Open:   func(t *testing.T) eventlog.Log { return mustOpen(t, urls) },
			Shared: true,
		}
	})
}

func TestConformance(t *testing.T) {
	conform(t, redistest.Start(t).URL())
}

func TestConformanceCluster(t *testing.T) {
	nodes := redistest.StartCluster(t)
	t.Run("OneAddress", func(t *testing.T) { conform(t, nodes[1].URL()) })
}
