package selftest

import (
	"fmt"
	"os"
	"strings"

	"drumroll/internal/openfiles"
)

// measureLimits asks the kernel. Figures that only Linux has are 0 elsewhere.
func measureLimits() limits {
	l := limits{files: openfiles.Limit()}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		l.memory = available(b)
	}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		l.ports = portRange(b)
	}
	return l
}

// available reads the available bytes from /proc/meminfo (proc(5)); 0 if they are not
// there.
func available(meminfo []byte) int64 {
	_, rest, _ := strings.Cut(string(meminfo), "MemAvailable:")
	var kb int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kb); err != nil {
		return 0
	}
	return kb << 10
}

// portRange reads from ip_local_port_range (ip(7)) how many ports there are; 0 if it is
// malformed.
func portRange(b []byte) int {
	var low, high int
	if _, err := fmt.Sscan(string(b), &low, &high); err != nil || high < low {
		return 0
	}
	return high - low + 1
}
