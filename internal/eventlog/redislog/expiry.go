package redislog

import (
	"log/slog"
	"time"
)

// Option changes how Open sets up a Log.
type Option func(*Log)

// Retention has an event expire that long after its last append (rounded up to a
// millisecond); 0 or less, as without it, keeps events for ever. Each append says
// it anew for its event, so a changed retention holds from the next append on, and nodes
// that differ overrule one another.
func Retention(d time.Duration) Option { return func(l *Log) { l.keep = d } }

// Logger is told what nobody waits for: that a deleted event could not be rewritten out of Redis' files.
func Logger(logger *slog.Logger) Option { return func(l *Log) { l.logger = logger } }

// keepMs is the retention as Redis is told it, in ms; 0: for ever.
func (l *Log) keepMs() int64 {
	if l.keep <= 0 {
		return 0
	}
	return int64((l.keep + time.Millisecond - 1) / time.Millisecond)
}
