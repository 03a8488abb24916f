package wsclient

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestFullJitter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for attempt := range 80 {
		most := time.Duration(0)
		for range 500 {
			d := FullJitter(r, attempt, 15*time.Second)
			if d < 0 || d > 15*time.Second {
				t.Fatalf("attempt %d waits %v", attempt, d)
			}
			most = max(most, d)
		}
		want := min(15*time.Second, 300*time.Millisecond<<min(attempt, 6))
		if most < want*8/10 || most > want {
			t.Errorf("attempt %d waits at most %v, want up to %v", attempt, most, want)
		}
	}
}
