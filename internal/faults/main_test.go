//go:build e2e

package faults

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"drumroll/internal/eventlog/redislog"
)

const binaryVariable = "DRUMROLL_FAULTS_BINARY"

func TestMain(m *testing.M) {
	flag.String("fault", "", "run the faults whose name this pattern matches")
	flag.Uint64("seed", 0, "run each with this one seed; 0: with seeds of their own")
	flag.Bool("long", false, "run each with several seeds and a bigger crowd")
	flag.Parse()
	redislog.LogTo(slog.New(slog.DiscardHandler)) // failovers are no news here
	os.Exit(buildAndRun(m))
}

// option is the value of a flag that TestMain made.
func option[T any](name string) T {
	return flag.Lookup(name).Value.(flag.Getter).Get().(T)
}

func buildAndRun(m *testing.M) int {
	if os.Getenv(binaryVariable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "drumroll-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "drumroll")
	args := []string{"build", "-o", binary}
	if raceDetector {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, "drumroll/cmd/drumroll")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build drumroll: %v\n%s", err, output)
		return 1
	}
	if err := os.Setenv(binaryVariable, binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
