package web_test

import (
	"context"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"drumroll/internal/eventlog"
	"drumroll/web"
)

func publicURL(base string) func(*web.Config) {
	return func(c *web.Config) {
		u, err := url.Parse(base)
		if err != nil {
			panic(err)
		}
		c.PublicURL = u
	}
}

func keepAlive(every time.Duration) func(*web.Config) {
	return func(c *web.Config) { c.KeepAlive = every }
}

func trusting(cidr string) func(*web.Config) {
	return func(c *web.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(cidr)} }
}

// slowLog holds appends up while it is shut, as a disk or Redis may.
type slowLog struct {
	eventlog.Store
	mu   sync.Mutex
	gate chan struct{} // closed: appends pass
	held chan struct{} // told of each append that begins
}

func newSlowLog(store eventlog.Store) *slowLog {
	l := &slowLog{Store: store, gate: make(chan struct{}), held: make(chan struct{}, 1000)}
	close(l.gate)
	return l
}

// shut holds the appends that begin from now on, until open.
func (l *slowLog) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = make(chan struct{})
	for len(l.held) > 0 {
		<-l.held
	}
}

func (l *slowLog) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.gate)
}

func (l *slowLog) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	l.mu.Lock()
	gate := l.gate
	l.mu.Unlock()
	l.held <- struct{}{}
	select {
	case <-gate:
	case <-ctx.Done():
		return eventlog.Offset{}, ctx.Err()
	}
	return l.Store.Append(ctx, code, records)
}
