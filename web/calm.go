package web

import (
	"context"
	"sync"
	"time"

	"drumroll/internal/eventlog"
)

// calm is how often things are done that a crowd asks for all at once.
const calm = time.Second

// pings lets all who ask whether the log answers share one question a second.
type pings struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (p *pings) ask(ctx context.Context, store eventlog.Health) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > calm {
		// Not the asker's context: its end would be everybody's answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*calm)
		p.err = store.Ping(ctx)
		cancel()
		p.at = time.Now()
	}
	return p.err
}

// sampler lets one of many like events through a second, and counts the others.
type sampler struct {
	mu   sync.Mutex
	at   time.Time
	held int
}

// take reports whether this one goes through, and how many did not before it.
func (s *sampler) take() (held int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.at) < calm {
		s.held++
		return 0, false
	}
	held, s.held, s.at = s.held, 0, time.Now()
	return held, true
}
