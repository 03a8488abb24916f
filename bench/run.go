package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
)

// scenario is a group of rows that are measured together.
type scenario struct {
	name  string
	about string
	// onDemand scenarios run only when they are named.
	onDemand bool
	run      func(ctx context.Context, b *bench) error
}

// scenarios returns all scenarios in the order of the table.
func scenarios() []scenario {
	return []scenario{
		{name: "http", about: "durable entries over HTTP, against a no-op handler and the synchronous design", run: httpEntries},
		{name: "ws", about: "durable entries over websockets, against a bare TCP echo", run: socketEntries},
		{name: "fanout", about: "broadcasts to crowds, against the centrifuge library and bare writes; memory of idle phones", run: fanout},
		{name: "taps", about: "from a phone's tap to the projector's counter", run: taps},
		{name: "ticks", about: "ticks after raffles with thousands of winners", run: ticks},
		{name: "overload", about: "three times the entries that one core admits", run: overload},
		{name: "million", about: "a raffle of a million entrants: memory, fold, frozen list and draw", run: raffle},
		{name: "page", about: "the bytes of a phone's first load", run: firstLoad},
		{name: "arena", about: "a hundred thousand phones at seven nodes on one Redis", onDemand: true, run: arena},
	}
}

// bench is one run.
type bench struct {
	server string // path of the drumroll binary
	self   string // path of this binary
	core   int    // of the process under test
	rest   int    // core of everything else
	dir    string // scratch folder, removed at the end
	rounds int
	quick  bool
	log    io.Writer // progress
	report *report.Report
}

// span shortens a duration of load with -quick.
func (b *bench) span(d time.Duration) time.Duration {
	if b.quick {
		return d / 4
	}
	return d
}

// size reduces a number of phones to a tenth with -quick.
func (b *bench) size(n int) int {
	if b.quick {
		return n / 10
	}
	return n
}

func (b *bench) add(rows ...report.Row) { b.report.Rows = append(b.report.Rows, rows...) }

func (b *bench) logf(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

// scratch makes a folder that is removed at the end of the run.
func (b *bench) scratch() (string, error) {
	path, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return "", fmt.Errorf("scratch folder: %w", err)
	}
	return path, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	b := &bench{log: stderr}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&b.server, "server", "bin/drumroll", "the drumroll `binary` to measure")
	rows := f.String("rows", "", "`regexp` of the scenarios to run; empty: all but those on demand")
	list := f.Bool("list", false, "print the scenarios")
	jsonPath := f.String("json", "", "`file` for the report as JSON")
	f.IntVar(&b.rounds, "rounds", 5, "rounds of each comparison")
	f.BoolVar(&b.quick, "quick", false, "short rounds and a tenth of the phones, to see that it works; the figures mean nothing")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if *list {
		for _, s := range scenarios() {
			fmt.Fprintf(stdout, "%-10s %s\n", s.name, s.about)
		}
		return nil
	}
	chosen, err := choose(*rows)
	if err != nil {
		return err
	}
	if err := b.prepare(); err != nil {
		return err
	}
	defer func() {
		if err := os.RemoveAll(b.dir); err != nil {
			b.logf("the scratch folder %s could not be removed: %v", b.dir, err)
		}
	}()
	if err := b.measure(ctx, chosen); err != nil {
		return err
	}
	if err := b.report.Table(stdout); err != nil {
		return err
	}
	if *jsonPath != "" {
		if err := b.report.Save(*jsonPath); err != nil {
			return err
		}
	}
	if failed := b.report.Failed(); len(failed) > 0 {
		return fmt.Errorf("not within the budgets:\n  %s", strings.Join(failed, "\n  "))
	}
	return nil
}

func (b *bench) prepare() (err error) {
	if b.self, err = os.Executable(); err != nil {
		return fmt.Errorf("this program: %w", err)
	}
	if b.server, err = filepath.Abs(b.server); err != nil {
		return fmt.Errorf("the binary: %w", err)
	}
	if b.core, b.rest, err = proc.Cores(); err != nil {
		return err
	}
	if err := proc.PinSelf(b.rest); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "drumroll-bench-"); err != nil {
		return fmt.Errorf("scratch folder: %w", err)
	}
	b.report = &report.Report{Time: time.Now().UTC(), Machine: machine(), Rounds: b.rounds, Quick: b.quick}
	return nil
}

// measure runs scenarios. One that fails does not stop the others.
func (b *bench) measure(ctx context.Context, chosen []scenario) error {
	for _, s := range chosen {
		start := time.Now()
		b.logf("%s: %s", s.name, s.about)
		if err := s.run(ctx, b); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.logf("%s: %v", s.name, err)
			b.report.Faults = append(b.report.Faults, s.name+": "+err.Error())
		}
		b.logf("%s: done in %v", s.name, time.Since(start).Round(time.Second))
	}
	return nil
}

func choose(pattern string) ([]scenario, error) {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil, fmt.Errorf("-rows: %w", err)
	}
	chosen := slices.DeleteFunc(scenarios(), func(s scenario) bool {
		if pattern == "" {
			return s.onDemand
		}
		return !re.MatchString(s.name)
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no scenario is called %q", pattern)
	}
	return chosen, nil
}

// machine describes what the figures were measured on.
func machine() map[string]string {
	m := map[string]string{"go": runtime.Version(), "os": runtime.GOOS + "/" + runtime.GOARCH, "cores": fmt.Sprint(runtime.NumCPU())}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m["cpu"] = strings.TrimSpace(value)
			}
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m["kernel"] = strings.TrimSpace(string(release))
	}
	return m
}
