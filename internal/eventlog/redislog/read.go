package redislog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

// Read implements eventlog.Log. It notices a cancelled context or a dead Redis within a
// few seconds, and a Close or an append at once.
func (l *Log) Read(ctx context.Context, code string, after eventlog.Offset, limit int, wait time.Duration) ([]eventlog.Record, error) {
	if limit < 1 {
		return nil, fmt.Errorf("read of event %s: max is %d, want at least 1", code, limit)
	}
	if err := l.checkCall(code); err != nil {
		return nil, err
	}
	records, err := l.read(ctx, code, after, limit, wait)
	if err != nil && l.isClosed() {
		err = eventlog.ErrClosed // and not the error of its connection
	}
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", code, err)
	}
	return records, nil
}

func (l *Log) read(ctx context.Context, code string, after eventlog.Offset, limit int, wait time.Duration) ([]eventlog.Record, error) {
	deadline := time.Now().Add(wait)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		client, block := l.client, time.Duration(-1) // negative: does not block
		if wait > 0 {
			// Redis understands 0 as "for ever", and rounds to a millisecond.
			client, block = l.tail, min(blockLimit, time.Until(deadline)+time.Millisecond)
			if end, ok := ctx.Deadline(); ok {
				block = min(block, time.Until(end))
			}
			block = max(block, time.Millisecond)
		}
		// The library allows a blocking command ten seconds more than it blocks; a few are
		// enough to notice that the server is gone.
		limited, cancel := context.WithTimeout(ctx, max(block, 0)+ioTimeout)
		streams, err := client.XRead(limited, &redis.XReadArgs{
			Streams: []string{logKey(code), after.String()}, Count: int64(limit), Block: block,
		}).Result()
		cancel()
		switch {
		case err != nil && !errors.Is(err, redis.Nil):
			return nil, readError(err)
		case err == nil && len(streams) == 1:
			return toRecords(streams[0].Messages)
		}
		switch n, err := l.client.Exists(ctx, logKey(code)).Result(); {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, eventlog.ErrNotFound
		}
		if wait <= 0 || !time.Now().Before(deadline) {
			return nil, nil
		}
		if l.isClosed() {
			return nil, eventlog.ErrClosed
		}
	}
}

// At implements eventlog.Log.
func (l *Log) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	if err := l.checkCall(code); err != nil {
		return nil, err
	}
	found, err := l.client.XRangeN(ctx, logKey(code), at.String(), at.String(), 1).Result()
	if err == nil && len(found) == 0 {
		_, err := l.Head(ctx, code) // ErrNotFound if there is no log
		return nil, err
	}
	var records []eventlog.Record
	if err == nil {
		records, err = toRecords(found)
	}
	if err != nil {
		return nil, fmt.Errorf("read event %s at %v: %w", code, at, readError(err))
	}
	return records[0].Data, nil
}

// Head implements eventlog.Log.
func (l *Log) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	if err := l.checkCall(code); err != nil {
		return eventlog.Offset{}, err
	}
	last, err := l.client.XRevRangeN(ctx, logKey(code), "+", "-", 1).Result()
	switch {
	case err != nil:
		return eventlog.Offset{}, fmt.Errorf("head of event %s: %w", code, readError(err))
	case len(last) == 0:
		// Our streams are never empty: the create record is never trimmed away.
		return eventlog.Offset{}, fmt.Errorf("head of event %s: %w", code, eventlog.ErrNotFound)
	}
	return eventlog.ParseOffset(last[0].ID)
}

// readError wraps the error of a read in ErrCorrupt if the key is no stream.
func readError(err error) error {
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return fmt.Errorf("%w: %w", eventlog.ErrCorrupt, err)
	}
	return err
}

// toRecords returns the records in the items of a stream.
func toRecords(messages []redis.XMessage) ([]eventlog.Record, error) {
	out := make([]eventlog.Record, len(messages))
	for i, m := range messages {
		at, err := eventlog.ParseOffset(m.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", eventlog.ErrCorrupt, err)
		}
		data, ok := m.Values[field].(string)
		if !ok {
			return nil, fmt.Errorf("%w: the stream item %s has no field %s", eventlog.ErrCorrupt, m.ID, field)
		}
		out[i] = eventlog.Record{Offset: at, Data: []byte(data)}
	}
	return out, nil
}
