package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"drumroll/internal/beacon/source"
)

// maxDrainDelay is longer than any balancer needs to notice.
const maxDrainDelay = 5 * time.Minute

// serveConfig is what the flags and environment of serve say.
type serveConfig struct {
	addr           string
	data           string
	redis          string
	requireDurable bool
	prewarm        prewarm
	publicURL      *url.URL
	createKey      string
	trustedProxies []netip.Prefix
	adminAddr      string
	jsonLog        bool
	drainDelay     time.Duration
	retention      time.Duration  // of an event after its last activity; 0: for ever
	beacon         *source.Source // of every raffle; nil: quicknet, where a raffle asks for it
}

// parseServe reads the flags of serve. Errors are those of readFlags.
func parseServe(args []string, env func(string) (string, bool), stdout, stderr io.Writer) (c serveConfig, err error) {
	flags := flag.NewFlagSet("drumroll serve", flag.ContinueOnError)
	flags.StringVar(&c.addr, "addr", ":8080", "listen `address`; port 0 picks a free one")
	flags.StringVar(&c.data, "data", "./drumroll-data", "`folder` of the embedded log")
	flags.StringVar(&c.redis, "redis", "", "redis:// `URL`, several comma-separated for a Cluster; Redis Streams instead of the embedded log")
	flags.BoolVar(&c.requireDurable, "require-durable", false, "refuse to start where the log's settings can lose what was acknowledged, or cannot be read")
	c.retention = defaultRetention
	flags.Var((*retention)(&c.retention), "retention", "how `long` an event is kept after its last activity, such as 30d or 720h; 0: for ever")
	flags.Var(&c.prewarm, "prewarm", "measure at the start what this node can bear, and log it; --prewarm=`CODE,…` also loads these events")
	flags.Func("public-url", "base `URL` for QR codes and links; empty: from the request", into(&c.publicURL, parsePublicURL))
	flags.StringVar(&c.createKey, "create-key", "", "`key` asked for when an event is made; empty: anyone who reaches the server may")
	flags.Func("trusted-proxies", "comma-separated `CIDRs` whose forwarding headers are believed", into(&c.trustedProxies, parseCIDRs))
	flags.StringVar(&c.adminAddr, "admin-addr", "127.0.0.1:9090", "`address` of /metrics and pprof; empty: off")
	flags.Func("beacon", "drand: every raffle's draws take public randomness from drand's quicknet; a `file`: from the chain described there; empty: where a raffle asks for it", into(&c.beacon, readBeacon))
	flags.DurationVar(&c.drainDelay, "drain-delay", 0, "how `long` to serve on after SIGTERM while /readyz says 503, so that a load balancer sends people elsewhere first")
	flags.Func("log-format", "text or json (default text)", func(text string) error {
		if text != "text" && text != "json" {
			return errors.New("want text or json")
		}
		c.jsonLog = text == "json"
		return nil
	})
	help := usage + "\nflags of serve (each also as DRUMROLL_<FLAG> in the environment):\n"
	err = readFlags(flags, help, args, env, stdout, stderr, func() error {
		if flags.NArg() > 0 {
			return fmt.Errorf("unexpected argument %q", flags.Arg(0))
		}
		if c.drainDelay < 0 || c.drainDelay > maxDrainDelay {
			return fmt.Errorf("--drain-delay %v: want between 0s and %v", c.drainDelay, maxDrainDelay)
		}
		return nil
	})
	return c, err
}

// parsePublicURL reads the value of --public-url; nil: the URL is that of the request.
func parsePublicURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("want http(s)://host[:port]")
	}
	u.Path = ""
	// Browsers leave a default port out of the origin that they send.
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u, nil
}

// parseCIDRs reads CIDRs and single addresses, separated by commas.
func parseCIDRs(text string) (all []netip.Prefix, err error) {
	for cidr := range strings.SplitSeq(text, ",") {
		if cidr = strings.TrimSpace(cidr); cidr == "" {
			continue
		}
		p, err := netip.ParsePrefix(cidr)
		if err != nil {
			a, err := netip.ParseAddr(cidr)
			if err != nil {
				return nil, fmt.Errorf("%q: want CIDRs such as 10.0.0.0/8", cidr)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// readBeacon reads the value of --beacon; nil: raffles ask for one, or not.
func readBeacon(text string) (*source.Source, error) {
	switch text {
	case "":
		return nil, nil
	case "drand":
		return source.Quicknet(), nil
	}
	s, err := source.Read(text)
	if err != nil {
		return nil, fmt.Errorf("want drand or a file that describes a chain: %w", err)
	}
	return s, nil
}
