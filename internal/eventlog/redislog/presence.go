package redislog

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// presenceLimit is how long a node's number counts unless it is announced again.
const presenceLimit = 4 * time.Second

// presenceScript sets the number of one node and adds up those of all nodes, by Redis'
// own clock. KEYS: the hash, the log. ARGV: node, phones, limit in ms. It writes nothing
// for an event without a log, and does not keep a 0.
const presenceScript = `
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

// Announce implements eventlog.Presence. Other nodes see the number at once.
func (l *Log) Announce(ctx context.Context, code, node string, phones int) (int, error) {
	if err := l.checkCall(code); err != nil {
		return 0, err
	}
	total, err := l.presence.Run(ctx, l.client, []string{presenceKey(code), logKey(code)},
		node, strconv.Itoa(max(phones, 0)), presenceLimit.Milliseconds()).Int()
	if err != nil {
		return 0, fmt.Errorf("count the phones of event %s: %w", code, err)
	}
	return total, nil
}
