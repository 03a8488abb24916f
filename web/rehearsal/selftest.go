package rehearsal

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"drumroll/internal/contract"
	"drumroll/internal/replica"
	"drumroll/internal/selftest"
	"drumroll/web/problem"
	"drumroll/web/session"
)

// PostSelftest measures what this node can bear. It works without the log, too,
// which is what it may have to tell. One runs at a time: measuring loads the disk.
func (s *Service) PostSelftest(w http.ResponseWriter, r *http.Request, rep *replica.Replica) error {
	if _, err := s.API.Sessions.CheckHost(r, rep); err != nil {
		return err
	}
	if !s.testing.TryLock() {
		return problem.Rate
	}
	defer s.testing.Unlock()
	return s.API.Answers.JSON(w, http.StatusOK, s.selftest(r.Context(), rep.Code(), s.API.Sessions.BaseURL(r)))
}

// SelfTest measures what this node can bear, before somebody asks for the event
// ("": none in particular). It is loaded, if it can be.
func (s *Service) SelfTest(ctx context.Context, code string) (contract.SelfTest, error) {
	if code != "" {
		if _, err := s.API.Sessions.Replicas.Open(ctx, code); err != nil {
			return contract.SelfTest{}, err
		}
	}
	base := cmp.Or(s.Crowds.URL, "http://localhost")
	if s.API.Sessions.PublicURL != nil || s.API.Sessions.LAN.IsValid() {
		base = s.API.Sessions.OwnBase()
	}
	return s.selftest(ctx, code, base), nil
}

// selftest measures for people who come by the base URL. It asks only addresses
// that the node was given or found out by itself: a request's could be anybody's.
func (s *Service) selftest(ctx context.Context, code, base string) contract.SelfTest {
	u, err := url.Parse(base)
	subject := selftest.Subject{
		Local: err == nil && session.Loopback(u.Host),
		Log:   s.Health, Code: code, Proxied: len(s.API.Sessions.TrustedProxies) > 0, Sockets: int(s.API.Valves.MaxSockets),
	}
	own := []string{s.Crowds.URL}
	if u := s.API.Sessions.PublicURL; u != nil {
		own = append(own, strings.TrimSuffix(u.String(), "/"))
	}
	if s.API.Sessions.LAN.IsValid() {
		own = append(own, "http://"+s.API.Sessions.LAN.String())
	}
	if slices.Contains(own, base) && !subject.Local {
		subject.Address = base
	}
	return selftest.Run(ctx, subject)
}
