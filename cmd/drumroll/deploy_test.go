package main

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// deployFile is one of the files that people run many nodes with.
func deployFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// setting is what the first group of a pattern matches, once or several times
// alike.
func setting(t *testing.T, file, pattern string) string {
	t.Helper()
	all := regexp.MustCompile(`(?m)`+pattern).FindAllStringSubmatch(deployFile(t, file), -1)
	if len(all) == 0 {
		t.Fatalf("%s has nothing like %s", file, pattern)
	}
	for _, m := range all {
		if m[1] != all[0][1] {
			t.Errorf("%s: %q and %q for %s", file, all[0][1], m[1], pattern)
		}
	}
	return all[0][1]
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The flags in compose.yaml and the unit's settings are ones that the program
// takes, and they fit the balancer: a node serves on for longer than it takes to be
// noticed, and is not killed before it has drained.
func TestDeployFiles(t *testing.T) {
	_, rest, _ := strings.Cut(deployFile(t, "compose.yaml"), "  command:\n    - serve\n")
	var args []string
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if flag, ok := strings.CutPrefix(line, "- "); ok {
			args = append(args, flag)
		} else if !strings.HasPrefix(line, "#") {
			break
		}
	}
	vars := map[string]string{}
	for line := range strings.Lines(deployFile(t, "deploy/drumroll.env")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(name, "DRUMROLL_") {
			vars[name] = value
		}
	}
	parse := func(args []string, vars map[string]string) serveConfig {
		t.Helper()
		var stdout, stderr bytes.Buffer
		cfg, err := parseServe(args, environment(vars), &stdout, &stderr)
		if err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		if cfg.redis == "" || len(cfg.trustedProxies) == 0 {
			t.Errorf("%q, %v: a node of many needs Redis, and to believe its balancer", args, vars)
		}
		return cfg
	}

	const balancer = "deploy/haproxy.cfg"
	settings := setting(t, balancer, `uri /readyz[\s\S]*?\tdefault-server (check .*)$`)
	of := func(name string) string {
		m := regexp.MustCompile(name + ` (\S+)`).FindStringSubmatch(settings)
		if m == nil {
			t.Fatalf("%s: the checks of /readyz have no %s", balancer, name)
		}
		return m[1]
	}
	fall, err := strconv.Atoi(of("fall"))
	if err != nil {
		t.Fatal(err)
	}
	noticed := duration(t, of("inter")) + time.Duration(fall-1)*duration(t, of("fastinter"))
	for file, c := range map[string]struct {
		cfg    serveConfig
		killed string
	}{
		"compose.yaml":            {parse(args, nil), `^  stop_grace_period: (\S+)`},
		"deploy/drumroll.service": {parse(nil, vars), `^TimeoutStopSec=(\S+)`},
	} {
		if c.cfg.drainDelay < 2*noticed {
			t.Errorf("%s: a node serves on for %v, and the balancer may take %v to notice", file, c.cfg.drainDelay, noticed)
		}
		if killed := duration(t, setting(t, file, c.killed)); killed < c.cfg.drainDelay+drainAll+10*time.Second {
			t.Errorf("%s: a node is killed after %v, and may take %v to drain", file, killed, c.cfg.drainDelay+drainAll)
		}
	}
}
