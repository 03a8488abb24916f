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
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the whole program. The first argument may name a part that runs as a
// process of its own: a baseline, or a crowd of connections.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "baseline":
			return serveBaseline(args[1:], stdin, stdout, stderr)
		case "crowd":
			return runCrowd(ctx, args[1:], stdin, stdout, stderr)
		case "fold":
			return runFold(ctx, args[1:], stdin, stdout, stderr)
		}
	}
	return compare(ctx, args, stdout, stderr)
}

func serveBaseline(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
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
