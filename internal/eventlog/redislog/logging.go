package redislog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo sends what the Redis library itself reports (dials that failed, nodes that
// went) to the logger, as debug messages: whatever matters of it comes back as an
// error as well. Without it the library writes to stderr. The library keeps one
// logger for the process and does not guard it: call this before the first Open.
func LogTo(logger *slog.Logger) { redis.SetLogger(libraryLog{logger}) }

type libraryLog struct{ *slog.Logger }

// Printf implements go-redis' logger.
func (l libraryLog) Printf(ctx context.Context, format string, v ...any) {
	l.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, v...))
}
