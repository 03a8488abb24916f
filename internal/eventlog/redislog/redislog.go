package redislog

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

const (
	keyName   = "drumroll:signing-key"
	probeName = "drumroll:probe"
	keySize   = 32
	// openLimit bounds Open, so that a wrong address is reported soon.
	openLimit = 5 * time.Second
)

// Config says how Open sets up a Log. The zero Config is valid.
type Config struct {
	// Retention is how long an event is kept after its last append (rounded up to a
	// millisecond); 0 or less: for ever. Each append sets it again for its event, so a
	// changed retention holds from the next append on, and nodes that differ overrule
	// one another.
	Retention time.Duration
	// Logger is told what no caller waits for: that the files of Redis still hold a
	// deleted event. nil: nothing is logged.
	Logger *slog.Logger
}

// Log is the eventlog.Store on Redis. Use Open.
type Log struct {
	client   redis.UniversalClient
	name     string                // of the server, for messages: its address, or the master's name
	tail     redis.UniversalClient // for reads that block
	presence *redis.Script
	append   *redis.Script
	keepMs   int64         // from an event's last append on; 0: for ever
	dials    atomic.Uint64 // connections that tail has made
	rewriter *rewriter

	closing sync.Once
	done    chan struct{} // closed by Close
	running sync.WaitGroup
}

var _ eventlog.Store = (*Log)(nil)

// Open connects to the Redis at the URLs: one address, those of a Cluster, or those of
// Sentinels with ?master_name=x, as in --redis. The error is one line for the user; if no
// server answers, it comes within five seconds.
func Open(ctx context.Context, urls string, c Config) (*Log, error) {
	o, err := parseURLs(urls)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	client := connect(o)
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("Redis at %s: %w", strings.Join(o.Addrs, ", "), err), client.Close())
	}
	if len(o.Addrs) == 1 && o.MasterName == "" {
		// The one address may belong to a Cluster. A Redis that hides INFO counts as
		// standalone.
		info, err := client.Info(ctx, "cluster").Result()
		if err == nil && strings.Contains(info, "cluster_enabled:1") {
			if err := client.Close(); err != nil {
				return nil, fmt.Errorf("Redis at %s: %w", o.Addrs[0], err)
			}
			o.IsClusterMode = true
			client = connect(o)
		}
	}
	name := strings.Join(o.Addrs, ", ")
	if o.MasterName != "" {
		name = "Sentinel's master " + o.MasterName
	}
	// Durability reports all other problems with the settings.
	if _, err := readSettings(ctx, client, name); errors.Is(err, errTooOld) {
		return nil, errors.Join(err, client.Close())
	}
	l := &Log{
		client:   client,
		name:     name,
		presence: redis.NewScript(presenceScript),
		append:   redis.NewScript(appendScript),
		keepMs:   int64((max(c.Retention, 0) + time.Millisecond - 1) / time.Millisecond),
		done:     make(chan struct{}),
	}
	if err := l.checkExpiryRight(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	tail := tailOptions(*o)
	tail.OnConnect = func(context.Context, *redis.Conn) error {
		l.dials.Add(1)
		return nil
	}
	l.tail = connect(tail)
	logger := cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	l.rewriter = &rewriter{client: client, logger: logger, wake: make(chan struct{}, 1), deleted: map[string]bool{}}
	l.running.Go(func() { l.rewriter.run(l.done) })
	return l, nil
}

// checkExpiryRight makes sure that the user has the right to set or remove expiries. A
// script that fails there has already added its records, and an error reply to an append
// must mean that it has not.
func (l *Log) checkExpiryRight(ctx context.Context) error {
	var err error
	if l.keepMs > 0 {
		err = l.client.PExpire(ctx, probeName, time.Second).Err()
	} else {
		err = l.client.Persist(ctx, probeName).Err()
	}
	if redis.HasErrorPrefix(err, "NOPERM") {
		return fmt.Errorf("Redis at %s: the user lacks a right that --retention needs: %w", l.name, err)
	}
	return nil
}

// Dials implements eventlog.Connections. It counts the connections of blocking reads: if
// one is lost between two reads, the client dials again without an error.
func (l *Log) Dials() uint64 { return l.dials.Load() }

func logKey(code string) string      { return "drumroll:{" + code + "}:log" }
func presenceKey(code string) string { return "drumroll:{" + code + "}:here" }

// checkCall returns why a call for the code cannot begin.
func (l *Log) checkCall(code string) error {
	if l.isClosed() {
		return eventlog.ErrClosed
	}
	if !eventlog.ValidCode(code) {
		return fmt.Errorf("event %q: %w", code, eventlog.ErrNotFound)
	}
	return nil
}

func (l *Log) isClosed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Delete implements eventlog.Log. It also tells Redis to rewrite its append-only file,
// which holds the event until that is done. A failure of the rewrite is logged, not
// returned.
func (l *Log) Delete(ctx context.Context, code string) error {
	if err := l.checkCall(code); err != nil {
		return err
	}
	var log *redis.IntCmd
	_, err := l.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		log = p.Unlink(ctx, logKey(code))
		p.Unlink(ctx, presenceKey(code))
		return nil
	})
	if err == nil && log.Val() == 0 {
		err = eventlog.ErrNotFound
	} else {
		l.rewriter.noteDeleted(logKey(code)) // after an error, it may have been done
	}
	if err != nil {
		return fmt.Errorf("delete event %s: %w", code, err)
	}
	return nil
}

// Now implements eventlog.Clock. In a Cluster it is the clock of one of the masters, whose
// clocks should agree.
func (l *Log) Now(ctx context.Context) (time.Time, error) {
	if l.isClosed() {
		return time.Time{}, eventlog.ErrClosed
	}
	now, err := l.client.Time(ctx).Result()
	if err != nil {
		return time.Time{}, fmt.Errorf("Redis' clock: %w", err)
	}
	return now, nil
}

// SigningKey implements eventlog.Store.
func (l *Log) SigningKey(ctx context.Context) ([]byte, error) {
	if l.isClosed() {
		return nil, eventlog.ErrClosed
	}
	fresh := make([]byte, keySize)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	if err := l.client.SetNX(ctx, keyName, fresh, 0).Err(); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	key, err := l.client.Get(ctx, keyName).Bytes()
	switch {
	case err != nil:
		return nil, fmt.Errorf("signing key: %w", err)
	case len(key) != keySize:
		return nil, fmt.Errorf("signing key %s in Redis holds %d bytes instead of %d", keyName, len(key), keySize)
	}
	return key, nil
}

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

// Ping implements eventlog.Health. It writes a key that expires, so that it notices a
// replica, a full memory or a failing disk, and in a Cluster it asks every master.
func (l *Log) Ping(ctx context.Context) error {
	if l.isClosed() {
		return eventlog.ErrClosed
	}
	if err := l.client.Set(ctx, probeName, 1, 10*time.Second).Err(); err != nil {
		return fmt.Errorf("Redis takes no writes: %w", err)
	}
	if c, ok := l.client.(*redis.ClusterClient); ok {
		err := c.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() })
		if err != nil {
			return fmt.Errorf("a master of the Redis Cluster does not answer: %w", err)
		}
	}
	return nil
}

// measureLapse is when the records of a measurement expire if this process dies before it
// removes them.
const measureLapse = 30 * time.Second

// Measure implements eventlog.Health. It appends to a stream of its own, on the master
// that has the event, and removes the stream.
func (l *Log) Measure(ctx context.Context, code string) (m eventlog.Measurement, err error) {
	if l.isClosed() {
		return m, eventlog.ErrClosed
	}
	// Each node measures an event once at a time; several nodes that measure at once share
	// the stream, and the last one removes it. Without a code, the braces are part of a name.
	key := "drumroll:{" + code + "}:measure"
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

// Close implements eventlog.Log. An append under way may end with an unknown outcome. If
// a deletion still waits for its rewrite, Close asks for it first.
func (l *Log) Close() error {
	var err error
	l.closing.Do(func() {
		close(l.done)
		l.running.Wait() // the rewriter still uses the client
		err = errors.Join(l.tail.Close(), l.client.Close())
	})
	return err
}

// LogTo sends what the Redis library itself reports (failed dials, lost nodes) to the
// logger, as debug messages: everything that matters is also returned as an error.
// Without LogTo the library writes to stderr. The library has one unguarded logger for
// the whole process: call LogTo before the first Open.
func LogTo(logger *slog.Logger) { redis.SetLogger(libraryLog{logger}) }

type libraryLog struct{ *slog.Logger }

// Printf implements go-redis' logger.
func (l libraryLog) Printf(ctx context.Context, format string, v ...any) {
	l.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, v...))
}
