package redislog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

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
