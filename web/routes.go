package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

const (
	apiPath  = "/api/v1"
	maxJSON  = 64 << 10 // an activity with 50 long options fits
	maxEntry = 4 << 10
	maxForm  = 16 << 10
)

// routes is every route of the server. Paths are written out, since each mounted
// router would cost every entry some garbage.
func (s *Server) routes() (http.Handler, error) {
	guard, err := s.crossOrigin()
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(s.observe, middleware.GetHead)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(s.methodNotAllowed)

	r.Get("/healthz", s.healthz)
	r.Get("/readyz", s.readyz)
	r.Mount("/static", s.cfg.Files)

	r.Group(func(r chi.Router) {
		r.Use(sameOrigin(guard, s.failAPI))
		r.Get("/api/v1/openapi.json", s.api(s.openapi))
		r.Post("/api/v1/events", s.api(s.createEvent))

		const event = "/api/v1/events/{code}"
		for _, path := range []string{event, event + "/"} {
			r.Get(path, s.api(s.getEvent))
			r.Patch(path, s.host(s.patchEvent))
			r.Delete(path, s.host(s.deleteEvent))
		}
		r.Post(event+"/activities", s.host(s.addActivity))
		r.Patch(event+"/activities/{id}", s.host(s.patchActivity))
		r.Delete(event+"/activities/{id}", s.host(s.deleteActivity))
		r.Put(event+"/activities/{id}/results", s.host(s.putResults))
		r.Post(event+"/activities/{id}/{verb}", s.host(s.postVerb))
		r.Put(event+"/order", s.host(s.putOrder))
		r.Post(event+"/current", s.host(s.postCurrent))
		r.Post(event+"/remotes", s.host(s.addRemote))
		r.Delete(event+"/remotes/{id}", s.host(s.revokeRemote))
		r.Put(event+"/people/{person}", s.host(s.putPerson))
		r.Post(event+"/selftest", s.api(s.postSelftest))
		r.Post(event+"/rehearsal", s.host(s.postRehearsal))
		r.Get(event+"/rehearsal", s.host(s.getRehearsal))
		r.Delete(event+"/rehearsal", s.host(s.deleteRehearsal))
		r.Post(event+"/participants", s.api(s.join))
		r.Put(event+"/me", s.participant(s.putMe))
		r.Post(event+"/entries", s.api(s.postEntry))
		r.Post(event+"/checkins", s.participant(s.postCheckIn))
		r.Post(event+"/claims", s.participant(s.postClaim))
		r.Get(event+"/activities/{id}/proof", s.participant(s.getProof))
		r.Get(event+"/freezes", s.api(s.listFreezes))
		r.Get(event+"/draws", s.api(s.listDraws))
		r.Get(event+"/draws/{n}", s.api(s.getDraw))
		r.Get(event+"/draws/{n}/entrants", s.api(s.getEntrants))
		r.Get(event+"/export.json", s.host(s.exportJSON))
		r.Get(event+"/export.csv", s.host(s.exportCSV))
	})

	r.Group(func(r chi.Router) {
		r.Use(securityHeaders, sameOrigin(guard, s.failPage))
		r.Get("/", s.startPage)
		r.Post("/", s.startHosting)
		r.Get("/{code}", s.phonePage)
		r.Post("/{code}", s.phonePost)
		r.Get("/{code}/screen", s.screenPage)
		r.Get("/{code}/host", s.hostPage)
		r.Post("/{code}/host", s.unlock)
		r.Get("/{code}/verify", s.verifyPage)
		r.Get("/{code}/qr.svg", s.qrSVG)
		r.Get("/{code}/ws", s.websocket)
	})
	return s.clientAddr(r), nil
}

// notFound answers where there is no route: programs with a problem, people with a
// page.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) { s.fail(w, r, errNotFound) }

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allow(w, r)
	s.fail(w, r, errMethod)
}

// fail answers with an error where no handler did.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.URL.Path == apiPath || strings.HasPrefix(r.URL.Path, apiPath+"/") {
		s.failAPI(w, r, err)
		return
	}
	securityHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.failPage(w, r, err) })).ServeHTTP(w, r)
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
		rec := statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if p := recover(); p != nil {
				s.panicked(&rec, r, p)
			}
			s.cfg.Metrics.Request(route(r), rec.status, time.Since(start))
		}()
		next.ServeHTTP(&rec, r)
	})
}

// statusWriter remembers the status. Unwrap lets ResponseController (flush,
// hijack) reach the connection.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// route is the pattern that matched: never the path, which holds codes.
func route(r *http.Request) string {
	if c := chi.RouteContext(r.Context()); c != nil {
		if p := c.RoutePattern(); p != "" {
			return p
		}
	}
	return "none"
}

// panicked answers for a handler that panicked with p.
func (s *Server) panicked(w http.ResponseWriter, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.cfg.Logger.Error("handler panicked", "route", route(r), "panic", p)
	s.failAPI(w, r, newProblem(http.StatusInternalServerError, "internal", "Internal error", "The server's log says more."))
}

// clientAddr finds out where requests come from behind trusted proxies; without
// any, it is the connection's other end (clientIP).
func (s *Server) clientAddr(next http.Handler) http.Handler {
	if len(s.cfg.TrustedProxies) == 0 {
		return next
	}
	prefixes := make([]string, len(s.cfg.TrustedProxies))
	for i, p := range s.cfg.TrustedProxies {
		prefixes[i] = p.String()
	}
	return middleware.ClientIPFromXFF(prefixes...)(next)
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
				fail(w, r, errOrigin)
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
		if plainHost(r.Host) {
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
