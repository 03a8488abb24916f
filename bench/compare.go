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
	"strings"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
)

// bench is one run: where things are and how long to measure.
type bench struct {
	server string // the drumroll binary
	self   string // this one, for its parts
	core   int    // of the process under test
	rest   int    // core of everything else
	dir    string // scratch, removed in the end
	figure string // where the figure is drawn; empty: nowhere
	rounds int
	quick  bool
	tell   func(format string, a ...any) // progress
	report *report.Report
}

// scenario is a group of rows that are measured together.
type scenario struct {
	name  string
	about string
	// onDemand scenarios run only when they are named.
	onDemand bool
	run      func(ctx context.Context, b *bench) error
}

// span is how long to load in one round: less with -quick.
func (b *bench) span(d time.Duration) time.Duration {
	if b.quick {
		return d / 4
	}
	return d
}

// size is a number of phones or records: a tenth with -quick.
func (b *bench) size(n int) int {
	if b.quick {
		return n / 10
	}
	return n
}

func (b *bench) add(rows ...report.Row) { b.report.Rows = append(b.report.Rows, rows...) }

func compare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	b := &bench{tell: func(format string, a ...any) { fmt.Fprintf(stderr, format+"\n", a...) }}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&b.server, "server", "bin/drumroll", "the drumroll `binary` to measure")
	rows := f.String("rows", "", "`regexp` of the scenarios to run; empty: all but those on demand")
	list := f.Bool("list", false, "say which scenarios there are")
	jsonPath := f.String("json", "", "`file` for the report as JSON")
	f.StringVar(&b.figure, "figure", "", "`file` for the figure of rising load, as SVG; a -quick run draws none")
	f.IntVar(&b.rounds, "rounds", 5, "rounds of each comparison")
	f.BoolVar(&b.quick, "quick", false, "short rounds and a tenth of the phones: to see that it works, not for figures")
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
	if b.self, err = os.Executable(); err != nil {
		return fmt.Errorf("this program: %w", err)
	}
	if b.server, err = filepath.Abs(b.server); err != nil {
		return fmt.Errorf("the binary: %w", err)
	}
	if b.core, b.rest, err = proc.Cores(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "drumroll-bench-"); err != nil {
		return fmt.Errorf("scratch folder: %w", err)
	}
	defer func() {
		if err := os.RemoveAll(b.dir); err != nil {
			b.tell("the scratch folder %s stays: %v", b.dir, err)
		}
	}()
	if err := proc.PinSelf(b.rest); err != nil {
		return err
	}
	b.report = &report.Report{Time: time.Now().UTC(), Machine: machine(), Rounds: b.rounds, Quick: b.quick, Series: map[string]any{}}
	for _, s := range chosen {
		start := time.Now()
		b.tell("%s: %s", s.name, s.about)
		if err := s.run(ctx, b); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.tell("%s: %v", s.name, err)
			b.report.Faults = append(b.report.Faults, s.name+": "+err.Error())
		}
		b.tell("%s: done in %v", s.name, time.Since(start).Round(time.Second))
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

func choose(pattern string) ([]scenario, error) {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if err != nil {
		return nil, fmt.Errorf("-rows: %w", err)
	}
	var chosen []scenario
	for _, s := range scenarios() {
		if pattern == "" && !s.onDemand || pattern != "" && re.MatchString(s.name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no scenario is called %q", pattern)
	}
	return chosen, nil
}

// machine says what the figures were measured on.
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
