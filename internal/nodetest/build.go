package nodetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// variable names a binary that was built before.
const variable = "DRUMROLL_TEST_BINARY"

// Binary is the binary that Main built.
func Binary() string { return os.Getenv(variable) }

// Main builds the binary, unless the environment names one, and runs a package's tests. It
// returns the exit status.
func Main(m *testing.M) int {
	if Binary() != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "drumroll-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "drumroll")
	if err := Build(binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(variable, binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// Build builds the binary into a file, with the race detector where the tests have it; flags
// are more of go build's.
func Build(binary string, flags ...string) error {
	args := append([]string{"build", "-o", binary}, flags...)
	if Race {
		args = append(args, "-race")
	}
	if output, err := exec.Command("go", append(args, "drumroll/cmd/drumroll")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build drumroll: %w\n%s", err, output)
	}
	return nil
}
