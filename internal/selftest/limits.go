package selftest

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
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
	lines := bufio.NewScanner(bytes.NewReader(meminfo))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "MemAvailable:" && f[2] == "kB" {
			kb, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}

// portRange reads from ip_local_port_range (ip(7)) how many ports there are; 0 if it is
// malformed.
func portRange(b []byte) int {
	f := strings.Fields(string(b))
	if len(f) != 2 {
		return 0
	}
	low, err := strconv.Atoi(f[0])
	high, err2 := strconv.Atoi(f[1])
	if err != nil || err2 != nil || high < low {
		return 0
	}
	return high - low + 1
}
