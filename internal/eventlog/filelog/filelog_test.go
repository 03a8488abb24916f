package filelog_test

import (
	"testing"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/eventlogtest"
	"drumroll/internal/eventlog/filelog"
)

func TestConformance(t *testing.T) {
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Store {
		dir := t.TempDir()
		return eventlogtest.Store{Open: func(t *testing.T, retention time.Duration) eventlog.Store {
			l, err := filelog.Open(dir, filelog.Config{Retention: retention})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			return l
		}}
	})
}
