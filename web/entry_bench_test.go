package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"

	"drumroll/web"
)

// BenchmarkEntry is one entry call as a proxy passes it on, with a cookie; noop
// is a handler that does nothing on a router of its own. Neither includes net/http's part.
func BenchmarkEntry(b *testing.B) {
	n := embedded(b, setup{maxPending: 100_000, config: func(c *web.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		c.EntryRate = 1e9
	}})
	s := n.create(b, "Bench")
	poll := s.poll("P", "live", "A", "B")
	s.must(poll.ID, "open", nil)
	p := s.join(b)
	path := "/api/v1" + s.path("/entries")
	noop := chi.NewRouter()
	noop.Post("/api/v1/events/{code}/entries", func(w http.ResponseWriter, r *http.Request) {})
	for name, handler := range map[string]http.Handler{"drumroll": n.web, "noop": noop} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(256)
			var calls atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				body := new(reusable)
				w := &discarded{header: http.Header{}}
				r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, path, nil)
				if err != nil {
					b.Error(err)
					return
				}
				r.RemoteAddr = "10.1.2.3:4567"
				r.Header = http.Header{"Content-Type": {"application/json"}, "X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"},
					"Cookie": {"theme=dark; drumroll_" + s.Code + "=" + p.Token}}
				for pb.Next() {
					text := fmt.Appendf(body.text[:0], `{"activity":%d,"choice":[%d],"run":1,"n":%d}`, poll.ID, calls.Add(1)%2, 1000+calls.Load())
					body.Reset(text)
					r.Body, r.ContentLength = body, int64(len(text))
					w.status = http.StatusOK
					handler.ServeHTTP(w, r)
					if w.status != http.StatusOK {
						b.Errorf("answered %d", w.status)
						return
					}
				}
			})
		})
	}
}

type reusable struct {
	bytes.Reader
	text [100]byte
}

func (*reusable) Close() error { return nil }

type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarded) WriteHeader(status int)      { d.status = status }
