package redislog_test

import (
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/eventlogtest"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

func mustOpen(t *testing.T, urls string) *redislog.Log {
	t.Helper()
	return mustOpenWith(t, urls, redislog.Config{})
}

func mustOpenWith(t *testing.T, urls string, c redislog.Config) *redislog.Log {
	t.Helper()
	l, err := redislog.Open(t.Context(), urls, c)
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
			Open: func(t *testing.T, retention time.Duration) eventlog.Store {
				return mustOpenWith(t, urls, redislog.Config{Retention: retention})
			},
			Shared: true,
		}
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conform(t, redistest.Start(t).URL())
}

func TestCluster(t *testing.T) {
	t.Parallel()
	var urls []string
	for _, s := range redistest.StartCluster(t) {
		urls = append(urls, s.URL())
	}
	t.Run("AllAddresses", func(t *testing.T) { smoke(t, strings.Join(urls, ",")) })
	conform(t, urls[1]) // one address is enough
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinel(t, "stage", redistest.Start(t))
	smoke(t, s.URL()+","+s.Addr()+"?master_name=stage")
}

// smoke shows that the addresses lead to a store.
func smoke(t *testing.T, urls string) {
	l := mustOpen(t, urls)
	mustCreate(t, l, "first")
	for _, records := range appends() {
		if _, err := l.Append(t.Context(), code, records); err != nil {
			t.Errorf("Append: %v", err)
		}
	}
	if got := mustRead(t, l); got != "first one two three four" {
		t.Errorf("records %q", got)
	}
	if err := l.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
}
