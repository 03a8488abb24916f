package boltlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"drumroll/internal/eventlog"
)

// tooFast is less than two syncs take on any honest disk: the fastest ones, which have a
// capacitor for their cache, need about 20 µs for one.
const tooFast = 30 * time.Microsecond

// Measure implements eventlog.Health. It appends to a file of its own in the folder, and
// removes the file. The code does not matter.
func (l *Log) Measure(ctx context.Context, _ string) (m eventlog.Measurement, err error) {
	if l.isClosed() {
		return m, eventlog.ErrClosed
	}
	temp, err := createFile(filepath.Join(l.dir, eventsFolder, "measure"), eventlog.Offset{Ms: 1}, nil)
	if err != nil {
		return m, fmt.Errorf("measure data folder %s: %w", l.dir, err)
	}
	m, err = measureFile(ctx, temp)
	if err = errors.Join(err, os.Remove(temp)); err != nil {
		return m, fmt.Errorf("measure data folder %s: %w", l.dir, err)
	}
	if m.Median < tooFast {
		m.Remarks = append(m.Remarks, "an append is synced faster than any disk can: this is a memory disk, or one that only claims to sync, and a power cut may take acknowledged entries back")
	}
	return m, nil
}

func measureFile(ctx context.Context, path string) (eventlog.Measurement, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait})
	if err != nil {
		return eventlog.Measurement{}, err
	}
	head, record := eventlog.Offset{Ms: 1}, make([]byte, eventlog.MeasureBytes)
	m, err := eventlog.MeasureAppends(ctx, func() (err error) {
		head, err = appendRecords(db, head, time.Now(), [][]byte{record})
		return err
	})
	return m, errors.Join(err, db.Close())
}
