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

// appendScript adds records and sets when their log expires, in one step: no kill can
// come between the two, and a script that adds nothing prolongs nothing. KEYS: the log.
// ARGV: the time to keep it in ms (0: for ever), the id of the first record ("*": Redis
// chooses, and the log must exist), the records. It returns the last id, or nil if there is
// no log. Only the first XADD can fail: Redis checks memory and replicas before a script's
// first write, and Open has checked the rights.
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

// addOnce is a command that adds records. The client must not send it again by itself,
// which a cluster client otherwise does after a lost reply, even with retries turned off.
type addOnce struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (addOnce) NoRetry() bool { return true }

// addRecords runs appendScript. If Redis does not know the script (it has just started, or
// another server took over), it is sent whole, in one more round trip.
func (l *Log) addRecords(ctx context.Context, code, id string, records ...[]byte) (eventlog.Offset, error) {
	if err := l.checkCall(code); err != nil {
		return eventlog.Offset{}, err
	}
	args := make([]any, 0, 6+len(records))
	args = append(args, "evalsha", l.append.Hash(), 1, logKey(code), l.keepMs, id)
	for _, r := range records {
		args = append(args, r)
	}
	try := func() (string, error) {
		command := addOnce{redis.NewCmd(ctx, args...)}
		_ = l.client.Process(ctx, command) // the same error as that of command
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
		return eventlog.Offset{}, appendError(err)
	}
	return eventlog.ParseOffset(last)
}

// appendError wraps the error of an append in what it says about the outcome.
func appendError(err error) error {
	var reply redis.Error
	var dial *net.OpError
	switch {
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("%w: %w", eventlog.ErrCorrupt, err)
	case errors.Is(err, redis.ErrClosed):
		return fmt.Errorf("%w: %w", eventlog.ErrClosed, err)
	case errors.As(err, &reply), // a command with an error reply had no effect
		errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted), // these were not sent
		errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("%w: %w", eventlog.ErrRefused, err)
	}
	return err
}

// Create implements eventlog.Log. The first offset is always 0-1.
func (l *Log) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	at, err := l.addRecords(ctx, code, "0-1", first)
	if err != nil && redis.HasErrorPrefix(err, "The ID specified in XADD is equal or smaller") {
		err = eventlog.ErrExists
	}
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("create event %s: %w", code, err)
	}
	return at, nil
}

// Append implements eventlog.Log, in one round trip for any number of records.
func (l *Log) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	if len(records) == 0 {
		return l.Head(ctx, code)
	}
	at, err := l.addRecords(ctx, code, "*", records...)
	if err != nil {
		return eventlog.Offset{}, fmt.Errorf("append to event %s: %w", code, err)
	}
	return at, nil
}
