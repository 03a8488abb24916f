package redislog

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// hereLimit is how long a node's figure counts without being told again.
const hereLimit = 4 * time.Second

// hereScript sets the figure of one node and sums up those of all, by Redis' own
// clock. KEYS: the hash, the log. ARGV: node, phones, limit in ms. Nothing is
// written for an event without a log; a figure of 0 is not kept.
const hereScript = `
if redis.call('EXISTS', KEYS[2]) == 0 then
  return tonumber(ARGV[2])
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. string.format('%d', now))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
local total = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local phones, told = string.match(all[i + 1], '^(%d+):(%d+)$')
  if phones and now - told < tonumber(ARGV[3]) then
    total = total + phones
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return total`

// Announce implements eventlog.Presence. A node's figure shows to the others at once.
func (l *Log) Announce(ctx context.Context, code, node string, phones int) (int, error) {
	if err := l.ready(code); err != nil {
		return 0, err
	}
	total, err := l.here.Run(ctx, l.client, []string{hereKey(code), logKey(code)},
		node, strconv.Itoa(max(phones, 0)), hereLimit.Milliseconds()).Int()
	if err != nil {
		return 0, fmt.Errorf("who is here in event %s: %w", code, err)
	}
	return total, nil
}
