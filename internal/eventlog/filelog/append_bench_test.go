//go:build !windows

package filelog_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"drumroll/internal/eventlog/filelog"
)

// BenchmarkAppend appends one batch at a time. It also reports the CPU and the median.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{600, 8000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			l, err := filelog.Open(b.TempDir(), filelog.Config{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := l.Close(); err != nil {
					b.Error(err)
				}
			})
			if _, err := l.Create(b.Context(), "ABC234", []byte("first")); err != nil {
				b.Fatal(err)
			}
			batch := [][]byte{make([]byte, size)}
			var took []time.Duration
			before := cpu(b)
			for b.Loop() {
				start := time.Now()
				if _, err := l.Append(b.Context(), "ABC234", batch); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
