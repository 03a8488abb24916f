package redislog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

// measureLapse is when the records of a measurement expire if this process dies before it
// removes them.
const measureLapse = 30 * time.Second

// Measure implements eventlog.Health. It appends to a stream of its own, on the master
// that has the event, and removes the stream.
func (l *Log) Measure(ctx context.Context, code string) (m eventlog.Measurement, err error) {
	if l.isClosed() {
		return m, eventlog.ErrClosed
	}
	key := measureKey(code)
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), ioTimeout)
		defer cancel()
		if uerr := l.client.Unlink(end, key).Err(); err == nil && uerr != nil {
			err = fmt.Errorf("measure Redis: %w", uerr)
		}
	}()
	trips, err := eventlog.MeasureAppends(ctx, func() error { return l.client.Exists(ctx, key).Err() })
	if err != nil {
		return m, fmt.Errorf("measure Redis: %w", err)
	}
	record := make([]byte, eventlog.MeasureBytes)
	m, err = eventlog.MeasureAppends(ctx, func() error {
		_, err := l.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			return errors.Join(p.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []any{field, record}}).Err(),
				p.PExpire(ctx, key, measureLapse).Err())
		})
		return err
	})
	if err != nil {
		return m, fmt.Errorf("measure Redis: %w", appendError(err))
	}
	m.RoundTrip = trips.Median
	if d, err := l.Durability(ctx); err == nil {
		m.Remarks = d.clauses
	}
	return m, nil
}

// measureKey is the stream of a measurement. Each node measures an event once at a time;
// several nodes that measure at once share the stream, and the last one removes it.
func measureKey(code string) string {
	if code == "" {
		return "drumroll:measure"
	}
	return "drumroll:{" + code + "}:measure"
}
