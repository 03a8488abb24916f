package redislog

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

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
