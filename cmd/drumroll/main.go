// Command drumroll runs live votes and raffles in front of a room: see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// version is set by the release build (-ldflags "-X main.version=…").
var version = ""

const usage = `drumroll runs live votes and raffles in front of a room.

usage:
  drumroll [serve] [flags]     serve events; "drumroll serve -h" lists the flags
  drumroll rehearse JOIN_URL   send a simulated crowd to an event; "drumroll rehearse -h" lists the flags
  drumroll verify FILE|URL     check a draw from its record alone
  drumroll repair FILE         make the file of a damaged event whole again
  drumroll results FILE|URL    print what an event's export.json holds
  drumroll version             print the version
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, errHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case errors.Is(err, errNotVerified), errors.Is(err, errChecksFailed), errors.Is(err, errDamaged):
		os.Exit(1)
	default:
		// One line, also where several things went wrong at once.
		fmt.Fprintf(os.Stderr, "drumroll: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// run is the program without its process: it returns when ctx ends or its work
// is done.
func run(ctx context.Context, args []string, env func(string) (string, bool), stdout, stderr io.Writer) error {
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		cfg, err := parseServe(args, env, stdout, stderr)
		if err != nil {
			return err
		}
		return serve(ctx, cfg, stdout, stderr)
	case "rehearse":
		return rehearsal(ctx, args, env, stdout, stderr)
	case "verify":
		return verify(ctx, args, stdout, stderr)
	case "repair":
		return repair(args, stdout, stderr)
	case "results":
		return results(ctx, args, stdout, stderr)
	case "version":
		_, err := fmt.Fprintln(stdout, "drumroll "+buildVersion())
		return err
	case "help":
		_, err := fmt.Fprint(stdout, usage)
		return err
	}
	fmt.Fprintf(stderr, "drumroll: unknown command %q\n\n%s", command, usage)
	return errUsage
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "development"
}
