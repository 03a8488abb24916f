package session

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5/middleware"
)

// FindClient is a middleware that finds out where requests come from behind trusted
// proxies; without any, it is the connection's other end (ClientIP).
func (s *Sessions) FindClient(next http.Handler) http.Handler {
	if len(s.TrustedProxies) == 0 {
		return next
	}
	prefixes := make([]string, len(s.TrustedProxies))
	for i, p := range s.TrustedProxies {
		prefixes[i] = p.String()
	}
	return middleware.ClientIPFromXFF(prefixes...)(next)
}

// ClientIP is the address that limits count by. A trusted proxy that names none,
// or only trusted ones, is itself the client.
func ClientIP(r *http.Request) string {
	if ip := middleware.GetClientIP(r.Context()); ip != "" {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// BaseURL is where people reach this node, without a trailing slash: the public
// URL, or the request's own, or, where that is only this machine itself, its
// address in the local network.
func (s *Sessions) BaseURL(r *http.Request) string {
	if u := s.PublicURL; u != nil {
		return strings.TrimSuffix(u.String(), "/")
	}
	scheme, host := s.scheme(r), r.Host
	if !PlainHost(host) {
		host = "localhost"
	}
	if Loopback(host) && s.LAN.IsValid() {
		return "http://" + s.LAN.String()
	}
	return scheme + "://" + host
}

// OwnBase is where people reach this node as far as it knows by itself, without a
// request.
func (s *Sessions) OwnBase() string {
	switch {
	case s.PublicURL != nil:
		return s.PublicURL.Scheme + "://" + s.PublicURL.Host
	case s.LAN.IsValid():
		return "http://" + s.LAN.String()
	}
	return "http://localhost"
}

// scheme believes a forwarding header from trusted proxies only.
func (s *Sessions) scheme(r *http.Request) string {
	proto, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if r.TLS != nil || strings.EqualFold(strings.TrimSpace(proto), "https") && s.fromProxy(r) {
		return "https"
	}
	return "http"
}

func (s *Sessions) fromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
}

// Loopback reports whether a host is this machine itself.
func Loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// PlainHost reports whether a Host header is fit to be put into pages and
// headers; anything else is not a name that a browser sends.
func PlainHost(host string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_"
	return host != "" && len(host) <= 255 && strings.Trim(host, plain) == ""
}
