package redislog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

// field is the name of a stream item's one field.
const field = "r"

// addOnce is an XADD that the client must not send again by itself: a cluster
// client otherwise does so after a lost reply, however its retries are set.
type addOnce struct{ *redis.StringCmd }

// NoRetry implements redis.Cmder.
func (addOnce) NoRetry() bool { return true }

// offset reads the reply. The error wraps ErrNotFound where NOMKSTREAM found no
// stream.
func (c addOnce) offset() (eventlog.Offset, error) {
	id, err := c.Result()
	switch {
	case errors.Is(err, redis.Nil):
		return eventlog.Offset{}, eventlog.ErrNotFound
	case err != nil:
		return eventlog.Offset{}, explain(err)
	}
	return eventlog.ParseOffset(id)
}

func newAdd(ctx context.Context, code string, record []byte) addOnce {
	return addOnce{redis.NewStringCmd(ctx, "xadd", logKey(code), "nomkstream", "*", field, record)}
}

// explain tells an append's error apart by what it says about the outcome.
func explain(err error) error {
	var reply redis.Error
	var dial *net.OpError
	switch {
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("%w: %w", eventlog.ErrCorrupt, err)
	case errors.Is(err, redis.ErrClosed):
		return fmt.Errorf("%w: %w", eventlog.ErrClosed, err)
	case errors.As(err, &reply), // a command with an error reply had no effect
		errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted), // and these were not sent
		errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("%w: %w", eventlog.ErrRefused, err)
	}
	return err
}

// Create implements eventlog.Log. The first offset is always 0-1.
func (l *Log) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	if err := l.ready(code); err != nil {
		return eventlog.Offset{}, err
	}
	add := addOnce{redis.NewStringCmd(ctx, "xadd", logKey(code), "0-1", field, first)}
	_ = l.client.Process(ctx, add) // it is the command's own error
	at, err := add.offset()
	if err != nil && redis.HasErrorPrefix(err, "The ID specified in XADD is equal or smaller") {
		err = eventlog.ErrExists
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", code, err)
	}
	return at, nil
}

// Append implements eventlog.Log.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if err := l.ready(code); err != nil {
		return eventlog.Offset{}, err
	}
	var at eventlog.Offset
	var err error
	switch len(records) {
	case 0:
		return l.Head(ctx, code)
	case 1:
		add := newAdd(ctx, code, records[0])
		_ = l.client.Process(ctx, add) // it is the command's own error
		at, err = add.offset()
	default:
		at, err = l.appendMany(ctx, code, records)
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("append to event %s: %w", code, err)
	}
	return at, nil
}

// appendMany appends in one MULTI, which Redis executes whole or not at all.
func (l *Log) appendMany(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	adds := make([]addOnce, len(records))
	_, failure := l.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range records {
			adds[i] = newAdd(ctx, code, r)
			if err := p.Process(ctx, adds[i]); err != nil {
				return err
			}
		}
		return nil
	})
	var last eventlog.Offset
	outcomes := make(map[error]int) // by sentinel, nil for an appended record
	for _, add := range adds {
		at, err := add.offset()
		outcomes[sentinel(err)]++
		if err == nil {
			last = at
		} else if failure == nil {
			failure = err
		}
	}
	for certain, n := range outcomes {
		switch {
		case n < len(records) || errors.Is(certain, errUnknown):
		case certain == nil && failure == nil:
			return last, nil
		case certain != nil:
			return eventlog.Offset{}, fmt.Errorf("%w: %w", certain, failure)
		}
	}
	// Not all of one mind: a reply was lost in the middle.
	return eventlog.Offset{}, fmt.Errorf("%w: %s", errUnknown, strings.TrimSpace(fmt.Sprint(failure)))
}

// errUnknown stands for the errors that leave the outcome open.
var errUnknown = errors.New("outcome unknown")

// sentinel is what an error of addOnce.offset says about the record.
func sentinel(err error) error {
	for _, s := range []error{nil, eventlog.ErrNotFound, eventlog.ErrCorrupt, eventlog.ErrClosed, eventlog.ErrRefused} {
		if errors.Is(err, s) {
			return s
		}
	}
	return errUnknown
}
