package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// RSS is the process's resident memory in bytes.
func (p *Process) RSS() (int64, error) {
	return field(fmt.Sprintf("/proc/%d/status", p.Pid()), "VmRSS:")
}

// Slab is what the kernel keeps in its own structures in bytes, sockets among
// them, on the whole machine.
func Slab() (int64, error) { return field("/proc/meminfo", "Slab:") }

// field reads a line of "name: N kB".
func field(path, name string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("%s %w", name, err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s of %s: %w", name, path, err)
			}
			return kb << 10, nil
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}
