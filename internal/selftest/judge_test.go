package selftest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// laptop is a sound node in a venue.
func laptop() facts {
	return facts{
		Subject: Subject{Address: "http://192.168.1.20:8080", Sockets: 200_000},
		log:     eventlog.Measurement{Appends: 20, Median: 800 * time.Microsecond, Worst: 3 * time.Millisecond},
		limits:  limits{files: 20_000, memory: 4 << 30, ports: 28_232},
		answer:  2 * time.Millisecond,
	}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*facts)
		check  string // which is looked at
		status string
		says   []string
		limit  string
		phones int
	}{
		"sound":           {func(*facts) {}, "log", OK, []string{"after 0.8 ms", "slowest of 20: 3 ms", "not what limits"}, "files", 18_976},
		"a slow disk":     {func(f *facts) { f.log.Median = 80 * time.Millisecond }, "log", Warn, []string{"80 ms", "slow"}, "files", 18_976},
		"a distant Redis": {func(f *facts) { f.log.RoundTrip = 30 * time.Millisecond }, "log", Warn, []string{"answers in 30 ms", "far away"}, "files", 18_976},
		"weak settings":   {func(f *facts) { f.log.Remarks = []string{"everysec"} }, "log", Warn, []string{"Note: everysec."}, "files", 18_976},
		"no log":          {func(f *facts) { f.logErr = errors.New("disk full") }, "log", Fail, []string{"disk full", "Nothing can be counted"}, "files", 18_976},
		"a silent log": {func(f *facts) { f.logErr = fmt.Errorf("x: %w", context.DeadlineExceeded) }, "log", Fail,
			[]string{"no answer in time"}, "files", 18_976},
		"address":           {func(*facts) {}, "address", OK, []string{"http://192.168.1.20:8080", "in 2 ms", "try one"}, "files", 18_976},
		"address away":      {func(f *facts) { f.away = errors.New("refused") }, "address", Warn, []string{"does not answer from here: refused"}, "files", 18_976},
		"this machine only": {func(f *facts) { f.Local, f.Address = true, "" }, "address", Warn, []string{"this machine alone", "--public-url"}, "files", 18_976},
		"as opened":         {func(f *facts) { f.Address = "" }, "address", OK, []string{"that you have open"}, "files", 18_976},
		"files first":       {func(*facts) {}, "phones", OK, []string{"about 18,000 phones", "ulimit -n"}, "files", 18_976},
		"few files":         {func(f *facts) { f.limits.files = 256 }, "phones", Warn, []string{"about 120 phones", "256"}, "files", 128},
		"hardly a file":     {func(f *facts) { f.limits.files = 100 }, "phones", Warn, []string{"about 50 phones"}, "files", 50},
		"memory first":      {func(f *facts) { f.limits.memory = 400 << 20 }, "phones", OK, []string{"400 MB"}, "memory", 10_240},
		"sockets first":     {func(f *facts) { f.Sockets = 5000 }, "phones", OK, []string{"5,000 sockets"}, "sockets", 5000},
		"ports first": {func(f *facts) { f.Proxied, f.limits.files = true, 1_000_000 }, "phones", OK,
			[]string{"about 28,000 phones", "ip_local_port_range"}, "ports", 28_232},
		"ports of nobody": {func(f *facts) { f.limits.files = 1_000_000 }, "phones", OK, []string{"memory"}, "memory", 104_857},
		"nothing known": {func(f *facts) { f.limits, f.Sockets = limits{}, 0 }, "phones", OK,
			[]string{"No limit"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := laptop()
			c.change(&f)
			r := judge(f)
			if r.Limit != c.limit || r.Phones != c.phones {
				t.Errorf("first limit %q at %d phones, want %q at %d", r.Limit, r.Phones, c.limit, c.phones)
			}
			for _, got := range r.Checks {
				if got.Name != c.check {
					continue
				}
				if got.Status != c.status {
					t.Errorf("%s is %s, want %s: %s", got.Name, got.Status, c.status, got.Says)
				}
				for _, want := range c.says {
					if !strings.Contains(got.Says, want) {
						t.Errorf("%s says %q, want %q in it", got.Name, got.Says, want)
					}
				}
				return
			}
			t.Errorf("no check %s", c.check)
		})
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.01 ms", 23 * time.Microsecond: "0.023 ms", 1500 * time.Microsecond: "1.5 ms",
		12*time.Millisecond + 400*time.Microsecond: "12 ms", 2 * time.Second: "2,000 ms",
	} {
		if got := milliseconds(d); got != want {
			t.Errorf("milliseconds(%v) = %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]int{0: 0, 99: 99, 101: 100, 19_880: 19_000, 104_857: 100_000} {
		if got := roundDown(n); got != want {
			t.Errorf("roundDown(%d) = %d, want %d", n, got, want)
		}
	}
}
