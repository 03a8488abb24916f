package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"drumroll/internal/eventlog"
)

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // a prober that went away is none of our business
}

// readyz tells a load balancer whether to send people here.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if s.leaving.Load() {
		http.Error(w, "leaving", http.StatusServiceUnavailable)
		return
	}
	if s.pings.ask(r.Context(), s.cfg.Health) != nil {
		http.Error(w, "the log cannot be reached", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// Health serves /healthz and /readyz alone, for the admin address.
func (s *Server) Health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	return mux
}

// pingInterval is how often the log is asked at most.
const pingInterval = time.Second

// pings lets all who ask whether the log answers share one question a second.
type pings struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (p *pings) ask(ctx context.Context, store eventlog.Health) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.at) > pingInterval {
		// Not the asker's context: its end would be everybody's answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*pingInterval)
		p.err = store.Ping(ctx)
		cancel()
		p.at = time.Now()
	}
	return p.err
}
