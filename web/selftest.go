package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"drumroll/internal/selftest"
)

// postSelftest measures what this node can bear. It works without the log, too,
// which is what it may have to tell. One runs at a time: measuring loads the disk.
func (s *Server) postSelftest(w http.ResponseWriter, r *http.Request) error {
	rep, err := s.event(r)
	if err != nil {
		return err
	}
	if _, err := s.checkHost(r, rep); err != nil {
		return err
	}
	if !s.testing.TryLock() {
		return errRate
	}
	defer s.testing.Unlock()
	return s.answer(w, http.StatusOK, s.selftest(r.Context(), rep.Code(), s.baseURL(r)))
}

// SelfTest measures what this node can bear, before somebody asks for the event
// ("": none in particular). It is loaded, if it can be.
func (s *Server) SelfTest(ctx context.Context, code string) (selftest.Report, error) {
	if code != "" {
		if _, err := s.cfg.Replicas.Open(ctx, code); err != nil {
			return selftest.Report{}, err
		}
	}
	base := cmp.Or(s.cfg.Self, "http://localhost")
	if s.cfg.PublicURL != nil || s.cfg.LAN.IsValid() {
		base = s.fallbackBase()
	}
	return s.selftest(ctx, code, base), nil
}

// selftest measures for people who come by the base URL. It asks only addresses
// that the node was given or found out by itself: a request's could be anybody's.
func (s *Server) selftest(ctx context.Context, code, base string) selftest.Report {
	subject := selftest.Subject{
		Log: s.cfg.Health, Code: code, Proxied: len(s.cfg.TrustedProxies) > 0, Sockets: cmp.Or(s.cfg.MaxSockets, MaxSockets),
	}
	if u, err := url.Parse(base); err == nil && loopback(u.Host) {
		subject.Local = true
	}
	own := []string{s.cfg.Self}
	if u := s.cfg.PublicURL; u != nil {
		own = append(own, strings.TrimSuffix(u.String(), "/"))
	}
	if s.cfg.LAN.IsValid() {
		own = append(own, "http://"+s.cfg.LAN.String())
	}
	for _, address := range own {
		if base == address && !subject.Local {
			subject.Address = address
		}
	}
	return selftest.Run(ctx, subject)
}
