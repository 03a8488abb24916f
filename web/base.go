package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// baseURL is where people reach this node, without a trailing slash: the public
// URL, or the request's own, or, where that is only this machine itself, its
// address in the local network.
func (s *Server) baseURL(r *http.Request) string {
	if u := s.cfg.PublicURL; u != nil {
		return strings.TrimSuffix(u.String(), "/")
	}
	scheme, host := s.scheme(r), r.Host
	if !plainHost(host) {
		host = "localhost"
	}
	if loopback(host) && s.cfg.LAN.IsValid() {
		return "http://" + s.cfg.LAN.String()
	}
	return scheme + "://" + host
}

// scheme believes a forwarding header from trusted proxies only.
func (s *Server) scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" && s.fromProxy(r) {
		if strings.EqualFold(strings.TrimSpace(strings.Split(proto, ",")[0]), "https") {
			return "https"
		}
	}
	return "http"
}

func (s *Server) fromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(peer.Addr().Unmap()) {
			return true
		}
	}
	return false
}

func loopback(hostport string) bool {
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

// plainHost reports whether a Host header is fit to be put into pages and
// headers; anything else is not a name that a browser sends.
func plainHost(host string) bool {
	if host == "" || len(host) > 255 {
		return false
	}
	for _, c := range []byte(host) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(".-:[]_", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// typed is a base URL as people type it.
func typed(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	return rest
}
