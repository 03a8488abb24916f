package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

var (
	// errUsage: the command line is wrong; what is wrong was said already.
	errUsage = errors.New("usage")
	// errHelp: help was asked for and given.
	errHelp = errors.New("help")
)

// readFlags reads the flags of a command. Each may be given as DRUMROLL_<FLAG> in the
// environment too, where a flag wins; check looks at what was read. errUsage: what is wrong
// was written to stderr in one line; errHelp: help was written to stdout.
func readFlags(flags *flag.FlagSet, help string, args []string, env func(string) (string, bool), stdout, stderr io.Writer, check func() error) error {
	flags.SetOutput(io.Discard)
	err := fromEnvironment(flags, env)
	if err == nil {
		err = flags.Parse(args)
	}
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		fmt.Fprint(stdout, help)
		flags.PrintDefaults()
		return errHelp
	}
	if err == nil {
		err = check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "drumroll: %v\n", err)
		return errUsage
	}
	return nil
}

// fromEnvironment sets the flags that are given as DRUMROLL_<FLAG>.
func fromEnvironment(flags *flag.FlagSet, env func(string) (string, bool)) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		name := "DRUMROLL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v, ok := env(name); ok {
			if bad := f.Value.Set(v); bad != nil && err == nil {
				err = fmt.Errorf("%s=%q for --%s: %w", name, v, f.Name, bad)
			}
		}
	})
	return err
}

// readArgument reads the flags of a command that takes one argument, and nothing from the
// environment, and returns that argument. Errors are those of readFlags.
func readArgument(flags *flag.FlagSet, help string, args []string, stdout, stderr io.Writer) (string, error) {
	none := func(string) (string, bool) { return "", false }
	err := readFlags(flags, help, args, none, stdout, stderr, func() error {
		if usage, _, _ := strings.Cut(help, "\n"); flags.NArg() != 1 {
			return fmt.Errorf("want one argument, got %d; %s", flags.NArg(), usage)
		}
		return nil
	})
	return flags.Arg(0), err
}

// into is a flag's function that keeps what parse makes of a value.
func into[T any](kept *T, parse func(string) (T, error)) func(string) error {
	return func(text string) (err error) {
		*kept, err = parse(text)
		return err
	}
}
