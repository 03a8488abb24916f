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
	// rewriteEvery is the least time from one rewrite of a Redis' append-only file
	// to the next one that a Log asks for: a rewrite forks Redis and writes all it holds.
	rewriteEvery = time.Minute
	// rewriteBusy is how soon a Redis that is just rewriting is asked again: what it
	// writes now may still hold what was deleted.
	rewriteBusy = time.Second
	// rewriteCall bounds one attempt.
	rewriteCall = 5 * time.Second
)

// rewriter asks Redis to rewrite its append-only file after deletions: until then
// the file holds what the event held. The first deletion is followed by a rewrite at once, those
// within the next minute by one together.
type rewriter struct {
	client redis.UniversalClient
	logger *slog.Logger

	wake chan struct{} // one slot

	mu      sync.Mutex
	deleted map[string]bool // keys whose master has yet to be asked

	warned bool // that it cannot be done was said; run's own
}

func newRewriter(client redis.UniversalClient, logger *slog.Logger) *rewriter {
	return &rewriter{client: client, logger: logger, wake: make(chan struct{}, 1), deleted: map[string]bool{}}
}

// note says that a key was deleted.
func (w *rewriter) note(key string) {
	w.mu.Lock()
	w.deleted[key] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take empties the list of deleted keys.
func (w *rewriter) take() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := w.deleted
	w.deleted = map[string]bool{}
	return keys
}

// run asks until done is closed; what is due then is asked for once more.
func (w *rewriter) run(done <-chan struct{}) {
	for {
		select {
		case <-w.wake:
		case <-done:
			w.ask()
			return
		}
		pause := rewriteEvery
		if w.ask() {
			pause = rewriteBusy
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-done:
			timer.Stop()
		}
	}
}

// ask has the masters of the deleted keys rewrite, each once. Keys whose master
// does not answer, or is busy with a rewrite that may have begun before the deletion, are kept
// for the next time; the latter means soon.
func (w *rewriter) ask() (soon bool) {
	ctx, cancel := context.WithTimeout(context.Background(), rewriteCall)
	defer cancel()
	answers := map[string]error{} // by master
	for key := range w.take() {
		master, name, err := w.master(ctx, key)
		if err == nil {
			known := false
			if err, known = answers[name]; !known {
				err = rewrite(ctx, master)
				answers[name] = err
			}
		}
		var reply redis.Error
		switch {
		case err == nil:
		case !errors.As(err, &reply):
			w.note(key)
		case strings.Contains(err.Error(), "rewriting already in progress"):
			w.note(key)
			soon = true
		case !w.warned:
			w.warned = true
			w.logger.Warn("Redis refuses to rewrite its append-only file after deletions: the file holds deleted events until Redis rewrites it by itself", "err", err)
		}
	}
	return soon
}

// commander is what both a Redis and the client of a single one are.
type commander interface {
	Info(ctx context.Context, sections ...string) *redis.StringCmd
	BgRewriteAOF(ctx context.Context) *redis.StatusCmd
}

// master finds the Redis that holds a key.
func (w *rewriter) master(ctx context.Context, key string) (commander, string, error) {
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

// rewrite begins or schedules a rewrite. A Redis without an append-only file is
// left alone: it would write one for the occasion, with everything in it.
func rewrite(ctx context.Context, c commander) error {
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
