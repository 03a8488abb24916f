package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"drumroll/internal/eventlog"
	"drumroll/internal/selftest"
	"drumroll/web"
)

// prewarm is the value of --prewarm: alone it asks for a self-test, and with codes
// (--prewarm=ABC234,DEF567) it also loads these events.
type prewarm struct {
	on    bool
	codes []string
}

// String implements flag.Value.
func (p *prewarm) String() string { return strings.Join(p.codes, ",") }

// IsBoolFlag lets the flag stand without a value.
func (p *prewarm) IsBoolFlag() bool { return true }

// Set implements flag.Value; "true" and "false" are the flag without a value.
func (p *prewarm) Set(value string) error {
	*p = prewarm{on: true}
	switch value {
	case "true", "1":
		return nil
	case "false", "0", "":
		p.on = false
		return nil
	}
	for code := range strings.SplitSeq(value, ",") {
		code = strings.ToUpper(strings.TrimSpace(code))
		if !eventlog.ValidCode(code) {
			return fmt.Errorf("%q is no event's code", code)
		}
		p.codes = append(p.codes, code)
	}
	return nil
}

// run tests the node and logs what it found. Nothing that it finds keeps the node
// from serving.
func (p *prewarm) run(ctx context.Context, server *web.Server, logger *slog.Logger) {
	if !p.on {
		return
	}
	codes := p.codes
	if len(codes) == 0 {
		codes = []string{""}
	}
	for i, code := range codes {
		report, err := server.SelfTest(ctx, code)
		if errors.Is(err, context.Canceled) {
			return
		}
		if err != nil {
			logger.Error("prewarm: the event cannot be loaded", "event", code, "err", err)
			continue
		}
		for _, check := range report.Checks {
			if i > 0 && check.Name != "log" {
				continue // the same for every event of this node
			}
			level := slog.LevelInfo
			if check.Status != selftest.OK {
				level = slog.LevelWarn
			}
			logger.Log(ctx, level, "prewarm", "event", code, "check", check.Name, "status", check.Status, "says", check.Says)
		}
	}
}
