package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/metrics"
)

const (
	durabilityEvery = 30 * time.Second // between two looks at the settings of Redis
	dialsEvery      = time.Second      // between two looks for new connections, behind which may be another Redis
	durabilityLimit = 5 * time.Second  // for one look
)

// durability tells the operator what the log's settings can lose: once, and again
// when it is something else.
type durability struct {
	log    *redislog.Log // nil: the embedded log, which fsyncs every append and has no settings
	logger *slog.Logger
	node   *metrics.Node
	said   string // the risks that were said last
}

func newDurability(log eventlog.Store, logger *slog.Logger, node *metrics.Node) *durability {
	r, _ := log.(*redislog.Log)
	return &durability{log: r, logger: logger, node: node}
}

// start looks for the first time. With require it is an error where the settings
// can lose something, or cannot be read.
func (d *durability) start(ctx context.Context, require bool) error {
	if d.log == nil {
		d.node.Durable(true)
		return nil
	}
	found, err := d.look(ctx)
	switch {
	case require && err != nil:
		return fmt.Errorf("--require-durable: %w", err)
	case err != nil:
		d.logger.Warn("cannot tell what the log can lose", "err", err)
	case require && !found.Lossless:
		return fmt.Errorf("--require-durable: %s", found)
	default:
		d.say(found)
	}
	return nil
}

// watch looks again until ctx ends. Trouble in reaching Redis is said elsewhere.
func (d *durability) watch(ctx context.Context) {
	if d.log == nil {
		return
	}
	tick := time.NewTicker(dialsEvery)
	defer tick.Stop()
	dials, looked := d.log.Dials(), time.Now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := d.log.Dials()
		if now == dials && time.Since(looked) < durabilityEvery {
			continue
		}
		dials, looked = now, time.Now()
		if found, err := d.look(ctx); err == nil {
			d.say(found)
		}
	}
}

func (d *durability) look(ctx context.Context) (redislog.Durability, error) {
	ctx, cancel := context.WithTimeout(ctx, durabilityLimit)
	defer cancel()
	return d.log.Durability(ctx)
}

// say logs the risks where they are other than before.
func (d *durability) say(found redislog.Durability) {
	d.node.Durable(found.Lossless)
	risks := found.String()
	if risks == d.said {
		return
	}
	d.said = risks
	if risks == "" {
		d.logger.Info("the log's settings lose nothing that was acknowledged")
		return
	}
	d.logger.Warn("the log can lose acknowledged entries", "risks", risks)
}
