package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"drumroll/internal/rehearse"
)

// errChecksFailed is rehearse's answer when the server broke a promise; the
// report says which.
var errChecksFailed = errors.New("checks failed")

const rehearseUsage = `usage: drumroll rehearse --phones N [flags] JOIN_URL

Sends a simulated crowd to an event: phones that join, vote, change their minds, enter raffles and
lose their network, and that check what they are told. You are the host. The exit status
is 0 if every check held, else 1. Interrupt it to end early, with the report.

`

// parseRehearse reads the flags of rehearse. Errors are those of readFlags.
func parseRehearse(args []string, env func(string) (string, bool), stdout, stderr io.Writer) (cfg rehearse.Config, asJSON bool, err error) {
	var script string
	var stay time.Duration
	flags := flag.NewFlagSet("drumroll rehearse", flag.ContinueOnError)
	flags.IntVar(&cfg.Phones, "phones", 100, "`number` of phones")
	flags.Float64Var(&cfg.Rate, "rate", 0, "`entries` a second over the whole crowd, whatever comes back; 0: at the pace of people")
	flags.StringVar(&script, "script", "", "`file` that says what the crowd does; empty: most vote and enter, some change, a few are late or lose the network")
	flags.Uint64Var(&cfg.Seed, "seed", 0, "`number` that choices and times follow from; 0: any")
	flags.DurationVar(&stay, "for", 0, "how `long` the crowd stays; 0s: until interrupted (default 1m0s, or what the script says)")
	flags.BoolVar(&asJSON, "json", false, "report as JSON")
	err = readFlags(flags, rehearseUsage, args, env, stdout, stderr, func() (err error) {
		switch {
		case flags.NArg() != 1:
			return fmt.Errorf("want the join URL of one event, after the flags; got %d arguments", flags.NArg())
		case cfg.Phones < 1:
			return fmt.Errorf("--phones %d: want at least one", cfg.Phones)
		case !(cfg.Rate >= 0 && cfg.Rate <= 1e6):
			return fmt.Errorf("--rate %v: want at most a million a second", cfg.Rate)
		case stay < 0:
			return fmt.Errorf("--for %v: want a duration such as 90s", stay)
		}
		cfg.Script, err = readScript(script)
		return err
	})
	if err != nil {
		return cfg, asJSON, err
	}
	cfg.JoinURL = flags.Arg(0)
	_, given := env("DRUMROLL_FOR")
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "for" })
	if given {
		cfg.Script.Stay = stay
	}
	if cfg.Seed == 0 {
		cfg.Seed = 1 + rand.Uint64N(1e6) // short, so that people can type it again
	}
	return cfg, asJSON, nil
}

// readScript reads a script from a file; "": the usual one.
func readScript(name string) (rehearse.Script, error) {
	if name == "" {
		return rehearse.DefaultScript(), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return rehearse.Script{}, err
	}
	s, err := rehearse.ParseScript(bytes.NewReader(text))
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// rehearsal is `drumroll rehearse`: the report on stdout and, at a terminal, a
// line of progress on stderr. It returns errChecksFailed where a check failed.
func rehearsal(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) error {
	cfg, asJSON, err := parseRehearse(args, env, stdout, stderr)
	if err != nil {
		return err
	}
	if terminal(stderr) {
		cfg.Progress = func(p rehearse.Progress) { fmt.Fprintf(stderr, "\r\x1b[K%s", progressLine(p)) }
	}
	report, err := rehearse.Run(ctx, cfg)
	if cfg.Progress != nil {
		fmt.Fprint(stderr, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		err = report.Write(stdout)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if !report.OK {
		return errChecksFailed
	}
	return nil
}

const barWidth = 20

// progressLine fits 100 columns.
func progressLine(p rehearse.Progress) string {
	var b strings.Builder
	elapsed := p.Elapsed.Round(time.Second)
	switch {
	case p.Settling:
		b.WriteString("waiting for the last answers")
	case p.ForAll > 0:
		done := min(barWidth, int(barWidth*p.Elapsed/p.ForAll))
		fmt.Fprintf(&b, "%s%s %v", strings.Repeat("█", done), strings.Repeat("░", barWidth-done), elapsed)
	default:
		fmt.Fprint(&b, elapsed)
	}
	fmt.Fprintf(&b, "  %d/%d phones  %d accepted", p.Connected, p.Phones, p.Accepted)
	if p.Accepted > 0 {
		fmt.Fprintf(&b, " (p99 %v)", p.LatencyP99.Round(time.Millisecond))
	}
	if p.Refused > 0 {
		fmt.Fprintf(&b, "  %d refused", p.Refused)
	}
	if p.FailedChecks > 0 {
		fmt.Fprintf(&b, "  %d FAILED", p.FailedChecks)
	}
	return b.String()
}
