//go:build e2e

package faults

import (
	"flag"
	"log/slog"
	"os"
	"testing"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/nodetest"
)

func TestMain(m *testing.M) {
	flag.String("fault", "", "run the faults whose name this pattern matches")
	flag.Uint64("seed", 0, "run each with this one seed; 0: with seeds of their own")
	flag.Bool("long", false, "run each with several seeds and a bigger crowd")
	flag.Parse()
	redislog.LogTo(slog.New(slog.DiscardHandler)) // failovers are no news here
	os.Exit(nodetest.Main(m))
}

// option is the value of a flag that TestMain made.
func option[T any](name string) T {
	return flag.Lookup(name).Value.(flag.Getter).Get().(T)
}
