//go:build unix

package selftest

import "testing"

func TestKernelsWords(t *testing.T) {
	if got := available([]byte("MemTotal: 9 kB\nMemAvailable:    2048 kB\n")); got != 2<<20 {
		t.Errorf("available = %d", got)
	}
	for _, bad := range []string{"", "MemAvailable: x kB", "MemAvailable: 5"} {
		if got := available([]byte(bad)); got != 0 {
			t.Errorf("available(%q) = %d", bad, got)
		}
	}
	if got := portRange([]byte("32768\t60999\n")); got != 28232 {
		t.Errorf("portRange = %d", got)
	}
	for _, bad := range []string{"", "5", "9 3", "a b"} {
		if got := portRange([]byte(bad)); got != 0 {
			t.Errorf("portRange(%q) = %d", bad, got)
		}
	}
	if l := measureLimits(); l.files < 1 {
		t.Errorf("this process may have %d files open", l.files)
	}
}
