package web

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"drumroll/web/problem"
	"drumroll/web/session"
)

const apiPath = "/api/v1"

// notFound answers where there is no route: programs with a problem, people with a
// page.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) { s.fail(w, r, problem.NotFound) }

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allow(w, r)
	s.fail(w, r, problem.Method)
}

// fail answers with an error where no handler did.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.URL.Path == apiPath || strings.HasPrefix(r.URL.Path, apiPath+"/") {
		s.answers.Problem(w, r, err)
		return
	}
	securityHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.pages.FailPage(w, r, err) })).ServeHTTP(w, r)
}

// allow names the methods that a path takes (RFC 9110 section 15.5.6).
func allow(w http.ResponseWriter, r *http.Request) {
	root := chi.RouteContext(r.Context()).Routes
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if root.Match(chi.NewRouteContext(), m, r.URL.Path) {
			w.Header().Add("Allow", m)
		}
	}
}

// observe counts requests by route, sockets apart, and answers for a handler that
// panicked.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			if p := recover(); p != nil {
				s.answers.Panicked(rec, r, p)
			}
			s.cfg.Metrics.Request(problem.Route(r), cmp.Or(rec.Status(), http.StatusOK), time.Since(start))
		}()
		next.ServeHTTP(rec, r)
	})
}

// crossOrigin knows unsafe requests that a browser sends from other sites;
// clients that send no Origin are welcome.
func (s *Server) crossOrigin() (*http.CrossOriginProtection, error) {
	var guard http.CrossOriginProtection
	if u := s.cfg.PublicURL; u != nil {
		if err := guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, err
		}
	}
	return &guard, nil
}

// sameOrigin refuses what the guard does.
func sameOrigin(guard *http.CrossOriginProtection, fail func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if guard.Check(r) != nil {
				fail(w, r, problem.ForeignOrigin)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// securityHeaders of pages. Nothing inline, nothing from elsewhere; the screen
// is framed by the console alone. ws: and wss: are named, for not every browser
// counts them to 'self'; they add this host only.
func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		connect := "'self'"
		if session.PlainHost(r.Host) {
			connect += " ws://" + r.Host + " wss://" + r.Host
		}
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "+
			"img-src 'self' data:; connect-src "+connect+"; frame-src 'self'; frame-ancestors 'self'; "+
			"form-action 'self'; base-uri 'none'; manifest-src 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		next.ServeHTTP(w, r)
	})
}
