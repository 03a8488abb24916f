package hub

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// lane is the audiences that are published to together. There are two, so that
// the time it takes to reach a crowd puts off no screen's tick.
type lane struct {
	wake      chan struct{} // one slot
	dirty     bool          // counts or people moved since the last publishing
	structure bool          // more than that moved
}

func (t *Topic) lane(a Audience) *lane {
	if a.View == t.cfg.Crowd {
		return &t.crowd
	}
	return &t.stage
}

// Notify tells that something moved: counts and people alone, or more.
func (t *Topic) Notify(structure bool) {
	for _, l := range [...]*lane{&t.stage, &t.crowd} {
		t.mu.Lock()
		wake := !l.dirty && !l.structure || structure && !l.structure
		l.dirty = true
		l.structure = l.structure || structure
		t.mu.Unlock()
		if wake {
			select {
			case l.wake <- struct{}{}:
			default:
			}
		}
	}
}

// Run publishes until ctx ends.
func (t *Topic) Run(ctx context.Context) {
	var stage sync.WaitGroup
	stage.Go(func() { t.run(ctx, &t.stage) })
	t.run(ctx, &t.crowd)
	stage.Wait()
}

func (t *Topic) run(ctx context.Context, l *lane) {
	// Not put off by other publishing, in which a socket may have had no part.
	alive := time.NewTicker(t.cfg.KeepAlive)
	defer alive.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	var last time.Time
	for {
		keep := false
		select {
		case <-ctx.Done():
			return
		case <-alive.C:
			keep = true
		case <-l.wake:
		}
		// Ticks wait for their turn; structure does not.
		for wait := t.wait(l, last); wait > 0 && !t.urgent(l); wait = t.wait(l, last) {
			pause.Reset(wait)
			select {
			case <-pause.C:
			case <-l.wake:
				pause.Stop()
			case <-ctx.Done():
				return
			}
		}
		last = time.Now()
		if l != &t.crowd {
			t.publish(l, keep)
			continue
		}
		if t.cfg.Publishing != nil {
			t.cfg.Publishing()
		}
		t.publish(l, keep)
		if t.cfg.Budget != nil {
			t.cfg.Budget.Spend(time.Since(last))
		}
		if t.cfg.Published != nil {
			t.cfg.Published()
		}
	}
}

// wait is how long until a lane's next ticks are due, the last having gone out at
// the given time.
func (t *Topic) wait(l *lane, last time.Time) time.Duration {
	gone := time.Since(last)
	wait := t.cfg.TickEvery - gone
	if l == &t.crowd && t.cfg.Budget != nil {
		wait = max(wait, min(t.cfg.Budget.Wait(), t.cfg.CrowdEvery-gone))
	}
	return wait
}

func (t *Topic) urgent(l *lane) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return l.structure
}

// publish encodes once per audience of the lane and offers to every subscriber.
// Encoding and the list of subscribers are taken under the lock, so that a
// newcomer is either on the list or was sent something newer.
func (t *Topic) publish(l *lane, alive bool) {
	type delivery struct {
		frames *Frames
		subs   []*Subscriber
	}
	var all []delivery
	t.mu.Lock()
	l.dirty, l.structure = false, false
	for key, a := range t.audiences {
		if t.lane(key) != l {
			continue
		}
		f := t.encodeLocked(key, a)
		f.alive = alive
		all = append(all, delivery{f, slices.AppendSeq(make([]*Subscriber, 0, len(a.subs)), maps.Keys(a.subs))})
	}
	t.mu.Unlock()
	for _, d := range all {
		for _, s := range d.subs {
			s.deliver(d.frames)
		}
	}
}
