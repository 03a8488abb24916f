package boltlog_test

import (
	"testing"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/boltlog"
	"drumroll/internal/eventlog/eventlogtest"
)

func TestConformance(t *testing.T) {
	eventlogtest.Run(t, func(t *testing.T) eventlogtest.Store {
		dir := t.TempDir()
		return eventlogtest.Store{Open: func(t *testing.T) eventlog.Log {
			l, err := boltlog.Open(dir)
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			return l
		}}
	})
}
