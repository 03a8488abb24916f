package main

import (
	"bytes"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// flagRows is the table of flags: each flag with a value that is not
// its default, and what it does.
var flagRows = []struct {
	flag, value string
	set         func(*serveConfig)
}{
	{"addr", "127.0.0.1:0", func(c *serveConfig) { c.addr = "127.0.0.1:0" }},
	{"data", "/srv/data", func(c *serveConfig) { c.data = "/srv/data" }},
	{"redis", "redis://a:1,redis://b:2", func(c *serveConfig) { c.redis = "redis://a:1,redis://b:2" }},
	{"require-durable", "true", func(c *serveConfig) { c.requireDurable = true }},
	{"prewarm", "abc234,DEF567", func(c *serveConfig) { c.prewarm = prewarm{on: true, codes: []string{"ABC234", "DEF567"}} }},
	{"public-url", "https://drumroll.example/", func(c *serveConfig) {
		c.publicURL = &url.URL{Scheme: "https", Host: "drumroll.example"}
	}},
	{"create-key", "sesame", func(c *serveConfig) { c.createKey = "sesame" }},
	{"trusted-proxies", "10.1.2.3/8, 192.168.1.1,fd00::/8", func(c *serveConfig) {
		c.trustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.1/32"), netip.MustParsePrefix("fd00::/8")}
	}},
	{"retention", "7d", func(c *serveConfig) { c.retention = 7 * 24 * time.Hour }},
	{"admin-addr", "", func(c *serveConfig) { c.adminAddr = "" }},
	{"drain-delay", "2s", func(c *serveConfig) { c.drainDelay = 2 * time.Second }},
	{"log-format", "json", func(c *serveConfig) { c.jsonLog = true }},
}

func defaults() serveConfig {
	return serveConfig{addr: ":8080", data: "./drumroll-data", adminAddr: "127.0.0.1:9090", retention: 720 * time.Hour}
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

var compare = cmp.Options{cmp.AllowUnexported(serveConfig{}, prewarm{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}

func TestFlags(t *testing.T) {
	parse := func(t *testing.T, args []string, vars map[string]string, want serveConfig) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		got, err := parseServe(args, environment(vars), &stdout, &stderr)
		if err != nil || stdout.Len()+stderr.Len() != 0 {
			t.Fatalf("%q, %v: %v\n%s%s", args, vars, err, &stdout, &stderr)
		}
		if diff := cmp.Diff(want, got, compare); diff != "" {
			t.Errorf("%q, %v (-want +got):\n%s", args, vars, diff)
		}
	}
	parse(t, nil, nil, defaults())
	for _, row := range flagRows {
		want := defaults()
		row.set(&want)
		name := "DRUMROLL_" + strings.ToUpper(strings.ReplaceAll(row.flag, "-", "_"))
		if row.flag == "require-durable" { // takes no value of its own
			parse(t, []string{"--" + row.flag}, nil, want)
			parse(t, []string{"--" + row.flag}, map[string]string{name: "false"}, want)
			parse(t, nil, map[string]string{name: "1"}, want)
			continue
		}
		if row.flag == "prewarm" { // may stand without one
			parse(t, []string{"--prewarm=" + row.value}, map[string]string{name: "true"}, want)
			parse(t, nil, map[string]string{name: row.value}, want)
			want.prewarm.codes = nil
			parse(t, []string{"--prewarm"}, nil, want)
			parse(t, []string{"--prewarm=false"}, map[string]string{name: "1"}, defaults())
			continue
		}
		parse(t, []string{"--" + row.flag, row.value}, nil, want)
		parse(t, []string{"-" + row.flag + "=" + row.value}, nil, want)
		parse(t, nil, map[string]string{name: row.value}, want)
		// A flag beats the environment.
		if row.flag != "log-format" && row.flag != "drain-delay" && row.flag != "retention" && row.flag != "public-url" && row.flag != "trusted-proxies" {
			parse(t, []string{"--" + row.flag, row.value}, map[string]string{name: "other"}, want)
		}
	}
}

func TestBadFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		vars map[string]string
	}{
		{[]string{"--nonsense"}, nil},
		{[]string{"--addr"}, nil},
		{[]string{"extra"}, nil},
		{[]string{"--prewarm=not-a-code"}, nil},
		{[]string{"--drain-delay", "-1s"}, nil},
		{[]string{"--drain-delay", "1h"}, nil},
		{[]string{"--log-format", "xml"}, nil},
		{nil, map[string]string{"DRUMROLL_LOG_FORMAT": "xml"}},
		{[]string{"--public-url", "drumroll.example"}, nil},
		{[]string{"--public-url", "ftp://drumroll.example"}, nil},
		{[]string{"--public-url", "https://drumroll.example/below"}, nil},
		{[]string{"--public-url", "https://drumroll.example/?q"}, nil},
		{[]string{"--public-url", "http://"}, nil},
		{[]string{"--public-url", "http://a b"}, nil},
		{[]string{"--retention", "30"}, nil},
		{[]string{"--retention", "-1d"}, nil},
		{[]string{"--retention", "1.5d"}, nil},
		{[]string{"--retention", "999999999d"}, nil},
		{[]string{"--retention", "5ms"}, nil},
		{nil, map[string]string{"DRUMROLL_RETENTION": "a month"}},
		{[]string{"--trusted-proxies", "10.0.0.0/33"}, nil},
		{[]string{"--trusted-proxies", "proxy.example"}, nil},
		{nil, map[string]string{"DRUMROLL_TRUSTED_PROXIES": "x"}},
	} {
		var stdout, stderr bytes.Buffer
		_, err := parseServe(c.args, environment(c.vars), &stdout, &stderr)
		if !errors.Is(err, errUsage) || stdout.Len() != 0 {
			t.Errorf("%q, %v: %v, stdout %q", c.args, c.vars, err, &stdout)
		}
		oneLine(t, stderr.String())
	}
}

// oneLine checks for one clear line of the program's.
func oneLine(t *testing.T, text string) {
	t.Helper()
	line, rest, ok := strings.Cut(text, "\n")
	if !ok || rest != "" || !strings.HasPrefix(line, "drumroll: ") || len(line) < 20 {
		t.Errorf("want one clear line, got %q", text)
	}
}

func TestRetention(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "720h": 720 * time.Hour, "0": 0, "0d": 0, "36h30m": 36*time.Hour + 30*time.Minute, "1s": time.Second,
		"100000d": 2_400_000 * time.Hour,
	} {
		r := retention(time.Minute)
		if err := r.Set(text); err != nil || time.Duration(r) != want {
			t.Errorf("--retention %s means %v (%v), want %v", text, time.Duration(r), err, want)
		}
		again := retention(time.Minute)
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%s is written as %s, which means %v (%v)", text, r.String(), time.Duration(again), err)
		}
	}
}
