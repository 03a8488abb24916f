// Command bench compares the drumroll binary with baselines on the same machine in
// the same rounds; `make bench` prints the table. Each row has a baseline or a
// budget, or is the measure of another row; CPU time comes from the kernel.
//
// The server under test has a core of its own. The generator (package load), Redis
// and everything else share another one. What is compared takes turns within each
// round. The exit status is 1 if a budget is missed. Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"drumroll/bench/baseline"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// dispatch runs the bench, or the part of it that the first argument names and that
// needs a process of its own: a baseline or a crowd.
func dispatch(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "baseline":
			return runBaseline(args[1:], stdin, stdout, stderr)
		case "crowd":
			return runCrowd(ctx, args[1:], stdin, stdout, stderr)
		}
	}
	return run(ctx, args, stdout, stderr)
}

func runBaseline(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var cfg baseline.Config
	f := flag.NewFlagSet("baseline", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&cfg.Name, "name", "", "which one")
	f.StringVar(&cfg.Redis, "redis", "", "host:port")
	f.IntVar(&cfg.Payload, "payload", 100, "bytes of a broadcast")
	if err := f.Parse(args); err != nil {
		return err
	}
	return baseline.Serve(cfg, stdin, stdout)
}
