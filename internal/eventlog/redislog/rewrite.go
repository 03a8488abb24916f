package redislog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// rewriteEvery is the least time between two rewrites that a Log asks for: a rewrite
	// forks Redis and writes all it holds.
	rewriteEvery = time.Minute
	// rewriteBusy is how soon a Redis that is rewriting is asked again: the file that it
	// writes now may still hold what was deleted.
	rewriteBusy = time.Second
	// rewriteCall bounds one attempt.
	rewriteCall = 5 * time.Second
)

// rewriter asks Redis to rewrite its append-only file after deletions: until then the
// file holds the records of a deleted event. A rewrite follows the first deletion at once;
// those within the next minute share one.
type rewriter struct {
	client redis.UniversalClient
	logger *slog.Logger

	wake chan struct{} // one slot

	mu      sync.Mutex
	deleted map[string]bool // keys whose master has yet to be asked

	warned bool // that a rewrite was refused; used by run only
}

// noteDeleted asks for a rewrite by the master of a deleted key.
func (w *rewriter) noteDeleted(key string) {
	w.mu.Lock()
	w.deleted[key] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run asks for rewrites until done is closed, and then a last time.
func (w *rewriter) run(done <-chan struct{}) {
	for {
		select {
		case <-w.wake:
		case <-done:
			w.askMasters()
			return
		}
		pause := rewriteEvery
		if w.askMasters() {
			pause = rewriteBusy
		}
		select {
		case <-time.After(pause):
		case <-done:
		}
	}
}

// askMasters asks each master of a deleted key for one rewrite. Keys whose master does not
// answer, or is busy with a rewrite that may have begun before the deletion, are kept for
// the next time. soon: a master is busy.
func (w *rewriter) askMasters() (soon bool) {
	ctx, cancel := context.WithTimeout(context.Background(), rewriteCall)
	defer cancel()
	answers := map[string]error{} // by master
	w.mu.Lock()
	keys := w.deleted
	w.deleted = map[string]bool{}
	w.mu.Unlock()
	for key := range keys {
		master, name, err := w.masterOf(ctx, key)
		if err == nil {
			known := false
			if err, known = answers[name]; !known {
				err = startRewrite(ctx, master)
				answers[name] = err
			}
		}
		var reply redis.Error
		switch {
		case err == nil:
		case !errors.As(err, &reply):
			w.noteDeleted(key)
		case strings.Contains(err.Error(), "rewriting already in progress"):
			w.noteDeleted(key)
			soon = true
		case !w.warned:
			w.warned = true
			w.logger.Warn("Redis refuses to rewrite its append-only file after deletions: the file holds deleted events until Redis rewrites it by itself", "err", err)
		}
	}
	return soon
}

// masterOf finds the Redis that holds a key.
func (w *rewriter) masterOf(ctx context.Context, key string) (redis.Cmdable, string, error) {
	cluster, ok := w.client.(*redis.ClusterClient)
	if !ok {
		return w.client, "", nil
	}
	c, err := cluster.MasterForKey(ctx, key)
	if err != nil {
		return nil, "", fmt.Errorf("find the master of a deleted event: %w", err)
	}
	return c, c.Options().Addr, nil
}

// startRewrite begins or schedules a rewrite. A Redis without an append-only file is left
// alone: it would now write one, with everything in it.
func startRewrite(ctx context.Context, c redis.Cmdable) error {
	info, err := c.Info(ctx, "persistence").Result()
	if err != nil {
		return fmt.Errorf("ask Redis whether it keeps an append-only file: %w", err)
	}
	if !strings.Contains(info, "aof_enabled:1") {
		return nil
	}
	if err := c.BgRewriteAOF(ctx).Err(); err != nil {
		return fmt.Errorf("BGREWRITEAOF: %w", err)
	}
	return nil
}
