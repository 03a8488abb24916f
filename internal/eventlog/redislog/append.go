package redislog

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

// field is the name of a stream item's one field.
const field = "r"

// appendScript adds records and sets when their log expires, in one step: no kill
// falls between the two, and what adds nothing prolongs nothing. KEYS: the log. ARGV: the
// time to keep it in ms (0: for ever), the id of the first record ("*": of
// Redis' choosing, on a log that exists), the records. It returns the last id, or nil where
// there is no log. Only the first XADD can fail: Redis decides
// on memory and replicas before a script's first write, and Open has asked for the rights.
const appendScript = `
local id = false
for i = 3, #ARGV do
  if ARGV[2] == '*' then
    id = redis.pcall('XADD', KEYS[1], 'NOMKSTREAM', '*', 'r', ARGV[i])
  else
    id = redis.pcall('XADD', KEYS[1], ARGV[2], 'r', ARGV[i])
  end
  if not id or type(id) == 'table' and id.err then
    return id
  end
end
if ARGV[1] == '0' then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return id`

// addOnce is a command that adds records, which the client must not send again by
// itself: a cluster client otherwise does so after a lost reply, however its
// retries are set.
type addOnce struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (addOnce) NoRetry() bool { return true }

// add runs appendScript. Where Redis does not know the script (it was started, or
// another server took over) it is sent whole: one more round trip, then and there.
func (l *Log) add(ctx context.Context, code, id string, records ...[]byte) (eventlog.Offset, error) {
	args := make([]any, 0, 6+len(records))
	args = append(args, "evalsha", l.append.Hash(), 1, logKey(code), l.keepMs(), id)
	for _, r := range records {
		args = append(args, r)
	}
	try := func() (string, error) {
		command := addOnce{redis.NewCmd(ctx, args...)}
		_ = l.client.Process(ctx, command) // it is the command's own error
		return command.Text()
	}
	last, err := try()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		args[0], args[1] = "eval", appendScript
		last, err = try()
	}
	switch {
	case errors.Is(err, redis.Nil):
		return eventlog.Offset{}, eventlog.ErrNotFound
	case err != nil:
		return eventlog.Offset{}, explain(err)
	}
	return eventlog.ParseOffset(last)
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
	at, err := l.add(ctx, code, "0-1", first)
	if err != nil && redis.HasErrorPrefix(err, "The ID specified in XADD is equal or smaller") {
		err = eventlog.ErrExists
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", code, err)
	}
	return at, nil
}

// Append implements eventlog.Log: one round trip, whatever the number of records.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if len(records) == 0 {
		return l.Head(ctx, code)
	}
	if err := l.ready(code); err != nil {
		return eventlog.Offset{}, err
	}
	at, err := l.add(ctx, code, "*", records...)
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("append to event %s: %w", code, err)
	}
	return at, nil
}
