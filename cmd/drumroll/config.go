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

// parseServe reads the flags of serve; each may be given as DRUMROLL_<FLAG> in
// the environment too, where a flag wins. errUsage: what is wrong was written to
// stderr in one line; errHelp: help was asked for, and written to stdout.
func parseServe(args []string, env func(string) (string, bool), stdout, stderr io.Writer) (serveConfig, error) {
	var c serveConfig
	var public, proxies, randomness, format string
	flags := flag.NewFlagSet("drumroll serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.addr, "addr", ":8080", "listen `address`; port 0 picks a free one")
	flags.StringVar(&c.data, "data", "./drumroll-data", "`folder` of the embedded log")
	flags.StringVar(&c.redis, "redis", "", "redis:// `URL`, several comma-separated for a Cluster; Redis Streams instead of the embedded log")
	flags.BoolVar(&c.requireDurable, "require-durable", false, "refuse to start where the log's settings can lose what was acknowledged, or cannot be read")
	c.retention = defaultRetention
	flags.Var((*retention)(&c.retention), "retention", "how `long` an event is kept after its last activity, such as 30d or 720h; 0: for ever")
	flags.Var(&c.prewarm, "prewarm", "measure at the start what this node can bear, and log it; --prewarm=`CODE,…` also loads these events")
	flags.StringVar(&public, "public-url", "", "base `URL` for QR codes and links; empty: from the request")
	flags.StringVar(&c.createKey, "create-key", "", "`key` asked for when an event is made; empty: anyone who reaches the server may")
	flags.StringVar(&proxies, "trusted-proxies", "", "comma-separated `CIDRs` whose forwarding headers are believed")
	flags.StringVar(&c.adminAddr, "admin-addr", "127.0.0.1:9090", "`address` of /metrics and pprof; empty: off")
	flags.StringVar(&randomness, "beacon", "", "drand: every raffle's draws take public randomness from drand's quicknet; a `file`: from the chain described there; empty: where a raffle asks for it")
	flags.DurationVar(&c.drainDelay, "drain-delay", 0, "how `long` to serve on after SIGTERM while /readyz says 503, so that a load balancer sends people elsewhere first")
	flags.StringVar(&format, "log-format", "text", "text or json")
	fail := func(err error) (serveConfig, error) {
		fmt.Fprintf(stderr, "drumroll: %v\n", err)
		return c, errUsage
	}
	if err := fromEnvironment(flags, env); err != nil {
		return fail(err)
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(stdout)
			fmt.Fprint(stdout, usage+"\nflags of serve (each also as DRUMROLL_<FLAG> in the environment):\n")
			flags.PrintDefaults()
			return c, errHelp
		}
		return fail(err)
	}
	if flags.NArg() > 0 {
		return fail(fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	if c.drainDelay < 0 || c.drainDelay > maxDrainDelay {
		return fail(fmt.Errorf("--drain-delay %v: want between 0s and %v", c.drainDelay, maxDrainDelay))
	}
	switch format {
	case "text":
	case "json":
		c.jsonLog = true
	default:
		return fail(fmt.Errorf("--log-format %q: want text or json", format))
	}
	switch randomness {
	case "":
	case "drand":
		c.beacon = source.Quicknet()
	default:
		s, err := source.Read(randomness)
		if err != nil {
			return fail(fmt.Errorf("--beacon %q: want drand or a file that describes a chain: %w", randomness, err))
		}
		c.beacon = s
	}
	if public != "" {
		u, err := url.Parse(public)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
			return fail(fmt.Errorf("--public-url %q: want http(s)://host[:port]", public))
		}
		u.Path = ""
		// Browsers leave a default port out of the origin that they send.
		if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
			u.Host = strings.TrimSuffix(u.Host, ":"+port)
		}
		c.publicURL = u
	}
	for _, cidr := range strings.Split(proxies, ",") {
		if cidr = strings.TrimSpace(cidr); cidr == "" {
			continue
		}
		p, err := netip.ParsePrefix(cidr)
		if err != nil {
			a, aerr := netip.ParseAddr(cidr)
			if aerr != nil {
				return fail(fmt.Errorf("--trusted-proxies %q: want CIDRs such as 10.0.0.0/8", cidr))
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.trustedProxies = append(c.trustedProxies, p.Masked())
	}
	return c, nil
}

// fromEnvironment sets the flags that are given as DRUMROLL_<FLAG>.
func fromEnvironment(flags *flag.FlagSet, env func(string) (string, bool)) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		name := "DRUMROLL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := env(name); ok {
			if bad := f.Value.Set(v); bad != nil && err == nil {
				err = fmt.Errorf("%s=%q: %w", name, v, bad)
			}
		}
	})
	return err
}

// errHelp: help was asked for and given.
var errHelp = errors.New("help")
